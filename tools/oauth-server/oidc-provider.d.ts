/** The part of oidc-provider 9 that the OAuth server uses; the package brings no types of its own. */
declare module 'oidc-provider' {
  import type { EventEmitter } from 'node:events';
  import type { IncomingMessage, ServerResponse } from 'node:http';

  export interface Client {
    readonly clientId: string;
    readonly scope?: string;
  }

  export interface Context {
    readonly req: IncomingMessage;
    readonly oidc?: {
      readonly client?: Client;
      readonly params?: { readonly grant_type?: string; readonly scope?: string };
    };
  }

  export const errors: {
    readonly InvalidScope: new (description: string, scope: string) => Error;
  };

  export interface Adapter {
    upsert(id: string, payload: object, expiresIn?: number): Promise<void>;
    find(id: string): Promise<object | undefined>;
    findByUid(uid: string): Promise<object | undefined>;
    findByUserCode(userCode: string): Promise<object | undefined>;
    consume(id: string): Promise<void>;
    destroy(id: string): Promise<void>;
    revokeByGrantId(grantId: string): Promise<void>;
  }

  export default class Provider extends EventEmitter {
    constructor(issuer: string, configuration: object);
    callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  }
}
