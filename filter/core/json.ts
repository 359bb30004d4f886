// The plugin's configuration is one flat JSON object. Libraries for AssemblyScript trap on malformed input, and a trap
// kills the VM, so this reader returns an error instead (RFC 8259, without nested values).

export const TEXT: u8 = 0;
export const NUMBER: u8 = 1;
export const BOOLEAN: u8 = 2;
export const OTHER: u8 = 3;

export class Member {
  name: string = '';
  kind: u8 = OTHER;
  text: string = '';
  number: f64 = 0;
  boolean: bool = false;
}

export class FlatObject {
  readonly members: Member[] = [];
  /** Empty when the text was a flat object. */
  error: string = '';
}

export function parseFlatObject(text: string): FlatObject {
  return new Parser(text).run();
}

class Parser {
  private at: i32 = 0;
  private readonly result: FlatObject = new FlatObject();

  constructor(private readonly text: string) {}

  run(): FlatObject {
    this.skipSpace();
    if (!this.accept(0x7b)) return this.fail('it must be a JSON object such as {"cluster":"token-broker"}');
    this.skipSpace();
    if (!this.accept(0x7d)) {
      do {
        if (!this.readMember()) return this.result;
        this.skipSpace();
      } while (this.accept(0x2c));
      if (!this.accept(0x7d)) return this.fail('"," or "}" is missing at character ' + this.at.toString());
    }
    this.skipSpace();
    if (this.at != this.text.length) return this.fail('there is text after the JSON object');
    return this.result;
  }

  private fail(error: string): FlatObject {
    if (this.result.error.length == 0) this.result.error = error;
    return this.result;
  }

  private peek(): i32 {
    return this.at < this.text.length ? this.text.charCodeAt(this.at) : -1;
  }

  private accept(code: i32): bool {
    if (this.peek() != code) return false;
    this.at++;
    return true;
  }

  private skipSpace(): void {
    while (this.peek() == 0x20 || this.peek() == 0x0a || this.peek() == 0x0d || this.peek() == 0x09) this.at++;
  }

  private readMember(): bool {
    const member = new Member();
    this.skipSpace();
    if (!this.readString()) return false;
    member.name = this.string;
    this.skipSpace();
    if (!this.accept(0x3a)) {
      this.fail('":" is missing after the key ' + member.name);
      return false;
    }
    this.skipSpace();
    if (!this.readValue(member)) return false;
    this.result.members.push(member);
    return true;
  }

  private readValue(member: Member): bool {
    const c = this.peek();
    if (c == 0x22) {
      member.kind = TEXT;
      if (!this.readString()) return false;
      member.text = this.string;
      return true;
    }
    const start = this.at;
    while (this.isBare(this.peek())) this.at++;
    const word = this.text.substring(start, this.at);
    if (word == 'true' || word == 'false') {
      member.kind = BOOLEAN;
      member.boolean = word == 'true';
    } else if (word == 'null') {
      member.kind = OTHER;
    } else if (isNumber(word)) {
      member.kind = NUMBER;
      member.number = parseFloat(word);
    } else {
      this.fail('the value of ' + member.name + ' must be a string, a number, true or false');
      return false;
    }
    return true;
  }

  private isBare(c: i32): bool {
    return (c >= 0x30 && c <= 0x39) || (c >= 0x61 && c <= 0x7a) || c == 0x2d || c == 0x2b || c == 0x2e || c == 0x45;
  }

  private string: string = '';

  private readString(): bool {
    if (!this.accept(0x22)) {
      this.fail('a double quote is missing at character ' + this.at.toString());
      return false;
    }
    let value = '';
    while (true) {
      const c = this.peek();
      if (c < 0x20) {
        this.fail('a string does not end, or holds a control character');
        return false;
      }
      this.at++;
      if (c == 0x22) break;
      if (c != 0x5c) {
        value += String.fromCharCode(c);
        continue;
      }
      const escaped = this.readEscape();
      if (escaped < 0) {
        this.fail('a string holds a bad escape at character ' + this.at.toString());
        return false;
      }
      value += String.fromCharCode(escaped);
    }
    this.string = value;
    return true;
  }

  private readEscape(): i32 {
    const c = this.peek();
    this.at++;
    if (c == 0x22 || c == 0x5c || c == 0x2f) return c;
    if (c == 0x62) return 8;
    if (c == 0x66) return 12;
    if (c == 0x6e) return 10;
    if (c == 0x72) return 13;
    if (c == 0x74) return 9;
    if (c != 0x75) return -1;
    let code = 0;
    for (let i = 0; i < 4; i++) {
      const h = this.peek();
      this.at++;
      const lower = h | 0x20;
      if (h >= 0x30 && h <= 0x39) code = code * 16 + h - 0x30;
      else if (lower >= 0x61 && lower <= 0x66) code = code * 16 + lower - 0x57;
      else return -1;
    }
    return code;
  }
}

function isNumber(word: string): bool {
  let i = 0;
  if (i < word.length && word.charCodeAt(i) == 0x2d) i++;
  const whole = digits(word, i);
  if (whole == i) return false;
  i = whole;
  if (i < word.length && word.charCodeAt(i) == 0x2e) {
    const fraction = digits(word, i + 1);
    if (fraction == i + 1) return false;
    i = fraction;
  }
  if (i < word.length && (word.charCodeAt(i) | 0x20) == 0x65) {
    i++;
    if (i < word.length && (word.charCodeAt(i) == 0x2b || word.charCodeAt(i) == 0x2d)) i++;
    const exponent = digits(word, i);
    if (exponent == i) return false;
    i = exponent;
  }
  return i == word.length;
}

function digits(word: string, from: i32): i32 {
  let i = from;
  while (i < word.length && word.charCodeAt(i) >= 0x30 && word.charCodeAt(i) <= 0x39) i++;
  return i;
}
