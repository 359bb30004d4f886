import { Bytes } from './bytes';
import { Counters } from './counters';
import { Entry } from './entry';
import { Host } from './host';
import { RequestView } from './request';
import { Responder } from './respond';
import { LET_THROUGH, Shadow } from './shadow';
import { Route } from './table';

/** Does nothing to the request, and remembers what a responder would have done. */
export class ShadowResponder extends Responder {
  constructor(
    host: Host,
    counters: Counters,
    private readonly shadow: Shadow,
  ) {
    super(host, counters);
  }

  private note(status: u32, entry: Entry | null, route: Route | null): void {
    const stream = this.stream;
    if (stream !== null) this.shadow.noteOurs(stream, status, entry, route);
  }

  strip(route: Route, _request: RequestView): bool {
    this.note(LET_THROUGH, null, route);
    return true;
  }

  inject(entry: Entry, route: Route, _request: RequestView): bool {
    this.note(LET_THROUGH, entry, route);
    return true;
  }

  refuseWith(entry: Entry): void {
    this.note(entry.status, null, null);
  }

  refuseAs(status: u32, _details: Bytes, _body: Bytes, _type: Bytes, _challenge: Bytes): void {
    this.note(status, null, null);
  }
}
