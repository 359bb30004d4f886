import type { FastifyReply } from 'fastify';
import { BODY_TYPE } from '../decide/refusal-format.ts';

/** On every answer, as DexTokenBroker does. */
export const COMMON_HEADERS = {
  'cache-control': 'no-store',
  pragma: 'no-cache',
  'x-content-type-options': 'nosniff',
} as const;

/** @param text one line, without its line feed */
export function sendText(reply: FastifyReply, status: number, text: string): FastifyReply {
  if (status === 503) {
    reply.header('retry-after', '1');
  }
  return reply.code(status).headers(COMMON_HEADERS).type(BODY_TYPE.plain).send(`${text}\n`);
}

/** A text whose `content-type` stays as it was given: Fastify adds a charset to that of a JSON text. */
export function asBytes(text: string): Buffer {
  return Buffer.from(text);
}
