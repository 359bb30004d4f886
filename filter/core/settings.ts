import { Bytes } from './bytes';
import { BOOLEAN, Member, NUMBER, parseFlatObject, TEXT } from './json';

const MAXIMUM_TEXT = 256;
export const AUTOMATIC: u8 = 2;

/** The plugin's configuration. Durations are ms; docs/filter-configuration.md lists defaults and ranges. */
export class Settings {
  /** The configuration as it was given. */
  text: string = '';
  /** Why the configuration was refused; empty when it was not. */
  error: string = '';
  cluster: Bytes = new Bytes();
  authority: Bytes = Bytes.from('token-broker');
  // Longer than control waits for an issuer by default, so that its own refusal arrives.
  timeout: u32 = 6000;
  pollInterval: u32 = 2000;
  cacheSlots: u32 = 4096;
  workerEntries: u32 = 1024;
  maximumEntryBytes: u32 = 16384;
  maximumWaiters: u32 = 1024;
  /** 0 off, 1 on, {@link AUTOMATIC}: on unless the VM's id is empty, and so shared with strangers. */
  sharedCache: u8 = AUTOMATIC;
  sharedCheckInterval: u32 = 1000;
  retryInterval: u32 = 1000;
  replaceOnUnauthorized: bool = true;
  /** True when the configuration named {@link replaceOnUnauthorized}. */
  replacementIsExplicit: bool = false;
  replacementInterval: u32 = 5000;
  /** Set by the build: decides, changes nothing, and counts how that differs from what was done. */
  isShadow: bool = false;

  static parse(text: string): Settings {
    const settings = new Settings();
    settings.text = text;
    const object = parseFlatObject(text);
    settings.error = object.error;
    const seen = new Set<string>();
    for (let i = 0; i < object.members.length && settings.error.length == 0; i++) {
      const member = object.members[i];
      if (seen.has(member.name)) settings.error = member.name + ': it is given twice; keep one';
      else settings.take(member);
      seen.add(member.name);
    }
    if (settings.error.length == 0 && settings.cluster.length == 0) {
      settings.error = 'cluster: it is missing; name the Envoy cluster of control, e.g. {"cluster":"token-broker"}';
    }
    return settings;
  }

  private take(member: Member): void {
    const name = member.name;
    if (name == 'cluster') this.cluster = this.readText(member);
    else if (name == 'authority') this.authority = this.readText(member);
    else if (name == 'timeoutMilliseconds') this.timeout = this.whole(member, 10, 60000);
    else if (name == 'pollIntervalMilliseconds') this.pollInterval = this.whole(member, 100, 600000);
    else if (name == 'cacheSlots') this.cacheSlots = this.whole(member, 16, 1048576);
    else if (name == 'workerEntries') this.workerEntries = this.whole(member, 16, 1048576);
    else if (name == 'maximumEntryBytes') this.maximumEntryBytes = this.whole(member, 1024, 65536);
    else if (name == 'maximumWaiters') this.maximumWaiters = this.whole(member, 1, 100000);
    else if (name == 'sharedCache') this.sharedCache = this.flag(member) ? 1 : 0;
    else if (name == 'sharedCheckIntervalMilliseconds') this.sharedCheckInterval = this.whole(member, 100, 60000);
    else if (name == 'retryIntervalMilliseconds') this.retryInterval = this.whole(member, 100, 60000);
    else if (name == 'replacementIntervalMilliseconds') this.replacementInterval = this.whole(member, 1000, 3600000);
    else if (name == 'replaceOnUnauthorized') {
      this.replaceOnUnauthorized = this.flag(member);
      this.replacementIsExplicit = true;
    } else {
      this.error =
        name +
        ': there is no such key; known are cluster, authority, timeoutMilliseconds, pollIntervalMilliseconds, cacheSlots, workerEntries, maximumEntryBytes, maximumWaiters, sharedCache, sharedCheckIntervalMilliseconds, retryIntervalMilliseconds, replaceOnUnauthorized, replacementIntervalMilliseconds';
    }
  }

  private readText(member: Member): Bytes {
    const text = member.text;
    let sound = member.kind == TEXT && text.length > 0 && text.length <= MAXIMUM_TEXT;
    for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) <= 0x20 || text.charCodeAt(i) == 0x7f) sound = false;
    if (!sound) this.error = member.name + ': it must be a string of 1 to 256 characters without spaces';
    return Bytes.from(text);
  }

  private whole(member: Member, least: u32, most: u32): u32 {
    const value = member.number;
    // Istio hands every number over as a double.
    if (member.kind == NUMBER && value >= <f64>least && value <= <f64>most && value == Math.floor(value))
      return <u32>value;
    this.error = member.name + ': it must be a whole number from ' + least.toString() + ' to ' + most.toString();
    return least;
  }

  private flag(member: Member): bool {
    if (member.kind != BOOLEAN) this.error = member.name + ': it must be true or false';
    return member.boolean;
  }
}
