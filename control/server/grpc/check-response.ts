import { status as Code } from '@grpc/grpc-js';
import type { Allow, Deny } from '../../decide/decision.ts';
import type { Secret } from '../../secret.ts';
import { type Checked, headersToRemove } from '../checked-request.ts';
import { keepCookies } from '../key-inputs.ts';
import type { CheckResponse, HeaderValueOption } from './messages.ts';

/** envoy.config.core.v3.HeaderValueOption.HeaderAppendAction; Envoy appends by default. */
const OVERWRITE_IF_EXISTS_OR_ADD = 2;

/** @param cookies the values of the request's own `cookie` headers */
export function checkResponse({ decision, route }: Checked, cookies: readonly Buffer[]): CheckResponse {
  return decision.outcome === 'allow' ? allow(decision, route, cookies) : deny(decision);
}

function allow({ inject, state }: Allow, route: Checked['route'], cookies: readonly Buffer[]): CheckResponse {
  const kept = keepCookies(cookies, route?.stripCookies ?? []);
  const headers = [...inject].map(([name, value]) => overwrite(name, value.reveal()));
  if (kept !== undefined && kept !== '' && !inject.has('cookie')) {
    // A value must be UTF-8 here: what is not becomes U+FFFD.
    headers.push(overwrite('cookie', Buffer.from(kept, 'latin1').toString('utf8')));
  }
  return {
    status: { code: Code.OK },
    ok_response: { headers, headers_to_remove: headersToRemove(route, inject, kept) },
    ...(state.size === 0 ? {} : { dynamic_metadata: { fields: [...state].map(member) } }),
  };
}

function member([key, value]: readonly [string, Secret]) {
  return { key, value: { string_value: value.reveal() } };
}

/**
 * Always a `denied_response`: Envoy then gives the client this status and body. What it takes for an error instead, it may
 * be told to let through (`failure_mode_allow`).
 */
function deny({ status, body, bodyType, headers }: Deny): CheckResponse {
  return {
    status: { code: codeOf(status) },
    denied_response: {
      status: { code: status },
      headers: [overwrite('content-type', bodyType), ...[...headers].map(([name, value]) => overwrite(name, value))],
      body,
    },
  };
}

/** The google.rpc.Code whose HTTP status this is; anything but OK refuses the request. */
function codeOf(httpStatus: number): number {
  switch (httpStatus) {
    case 400:
      return Code.INVALID_ARGUMENT;
    case 401:
      return Code.UNAUTHENTICATED;
    case 429:
      return Code.RESOURCE_EXHAUSTED;
    default:
      return httpStatus >= 500 ? Code.UNAVAILABLE : Code.PERMISSION_DENIED;
  }
}

function overwrite(key: string, text: string): HeaderValueOption {
  return { header: { key, value: Buffer.from(text, 'utf8') }, append_action: OVERWRITE_IF_EXISTS_OR_ADD };
}
