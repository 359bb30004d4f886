import { Bytes } from './bytes';
import { HeaderList } from './headers';
import { Host } from './host';
import { correlationName, RequestView } from './request';
import { Settings } from './settings';
import { Route } from './table';

const METHOD: Bytes = Bytes.from(':method');
const PATH: Bytes = Bytes.from(':path');
const AUTHORITY: Bytes = Bytes.from(':authority');
const POST: Bytes = Bytes.from('POST');
const DECIDE: Bytes = Bytes.from('/v1/decide');
const ROUTE: Bytes = Bytes.from('x-broker-route');
const REJECTED: Bytes = Bytes.from('x-broker-rejected');
const CONTENT_LENGTH: Bytes = Bytes.from('content-length');
const ZERO: Bytes = Bytes.from('0');

/** Asks control for a decision (docs/contract.md). */
export class Callout {
  private readonly headers: HeaderList = new HeaderList();

  constructor(
    private readonly host: Host,
    private readonly settings: Settings,
  ) {}

  /**
   * @param rejected where 64 hex digits stand: the digest of a token that the backend refused; 0 for none
   * @returns the callout's token, or less than 0 when it failed at once
   */
  send(route: Route, request: RequestView, rejected: usize): i64 {
    const headers = this.headers;
    headers.clear();
    headers.add(METHOD, POST);
    headers.add(PATH, DECIDE);
    headers.add(AUTHORITY, this.settings.authority);
    headers.add(CONTENT_LENGTH, ZERO);
    headers.add(ROUTE, route.reference);
    for (let i = 0; i < route.inputs.length; i++) {
      if (request.hasInput(i)) headers.add(route.inputs[i].calloutName, request.input(i));
    }
    if (rejected != 0) headers.addSpan(REJECTED.pointer, REJECTED.length, rejected, 64);
    request.collectCorrelation();
    for (let i = 0; i < request.correlation.length; i++) {
      if (request.correlation[i].pointer != 0) headers.add(correlationName(i), request.correlation[i]);
    }
    return this.host.call(this.settings.cluster, headers, this.settings.timeout);
  }
}
