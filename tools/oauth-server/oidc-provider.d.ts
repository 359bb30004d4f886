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
    body?: object | string;
    type?: string;
    readonly oidc?: {
      readonly provider: Provider;
      readonly client?: Client;
      readonly session?: {
        readonly accountId?: string;
        grantIdFor(clientId: string): string | undefined;
      };
      readonly resourceServers?: Readonly<Record<string, object>>;
      readonly params?: {
        readonly grant_type?: string;
        readonly scope?: string;
        readonly subject_token?: string;
        readonly subject_token_type?: string;
        readonly actor_token?: string;
        readonly actor_token_type?: string;
        readonly requested_token_type?: string;
        readonly assertion?: string;
        readonly requested_token_use?: string;
        readonly resource?: string | readonly string[];
        readonly audience?: string | readonly string[];
      };
    };
  }

  export const errors: {
    readonly InvalidScope: new (description: string, scope: string) => Error;
    readonly InvalidGrant: new (description: string) => Error;
    readonly InvalidRequest: new (description: string) => Error;
    readonly InvalidTarget: new () => Error;
  };

  export interface Artefact {
    readonly uid?: string;
    readonly grantId?: string;
    consumed?: number;
  }

  export interface Adapter {
    upsert(id: string, payload: Artefact, expiresIn?: number): Promise<void>;
    find(id: string): Promise<object | undefined>;
    findByUid(uid: string): Promise<object | undefined>;
    findByUserCode(userCode: string): Promise<object | undefined>;
    consume(id: string): Promise<void>;
    destroy(id: string): Promise<void>;
    revokeByGrantId(grantId: string): Promise<void>;
  }

  /** What a person lets a client have. */
  export interface Grant {
    addOIDCScope(scope: string): void;
    addResourceScope(resource: string, scope: string): void;
    save(): Promise<string>;
  }

  /** A token that a client gets for itself, or by way of another's. */
  export interface ClientCredentials {
    resourceServer: object;
    readonly scope?: string;
    readonly expiration: number;
    readonly tokenType: string;
    save(): Promise<string>;
  }

  export default class Provider extends EventEmitter {
    constructor(issuer: string, configuration: object);
    readonly issuer: string;
    readonly ClientCredentials: new (properties: {
      readonly client: Client | undefined;
      readonly scope: string | undefined;
    }) => ClientCredentials;
    readonly Grant: {
      new (properties: { readonly clientId: string; readonly accountId: string }): Grant;
      find(id: string): Promise<Grant | undefined>;
    };
    interactionDetails(
      request: IncomingMessage,
      response: ServerResponse,
    ): Promise<{ readonly params: { readonly client_id: string } }>;
    interactionFinished(request: IncomingMessage, response: ServerResponse, result: object): Promise<void>;
    registerGrantType(
      name: string,
      handler: (context: Context) => Promise<void>,
      parameters: readonly string[],
      repeatable: readonly string[],
    ): void;
    callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  }
}
