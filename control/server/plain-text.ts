import type { FastifyReply } from 'fastify';

/** The content type of everything that is text, DexTokenBroker's own. */
export const PLAIN_TEXT = 'text/plain; charset=utf-8';

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
  return reply.code(status).headers(COMMON_HEADERS).type(PLAIN_TEXT).send(`${text}\n`);
}
