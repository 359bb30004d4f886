import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Scripts for wrk, written in its Lua. They count on one thread. */
const SCRIPTS = {
  /** Goes through as many paths, `/0`, `/1`, … */
  paths: (count: number) => `
local n = -1
request = function()
  n = (n + 1) % ${count}
  return wrk.format(nil, "/" .. n)
end`,
  /** Goes through as many clients, each with a key of its own. */
  clients: (count: number) => `
local n = -1
request = function()
  n = (n + 1) % ${count}
  wrk.headers["x-client-id"] = "client-" .. n
  return wrk.format(nil, "/")
end`,
  /** Never the same client twice. */
  newClients: (seed: number) => `
local n = 0
request = function()
  n = n + 1
  wrk.headers["x-client-id"] = "new-${seed}-" .. n
  return wrk.format(nil, "/")
end`,
  /** Never the same secret twice, and always one that the issuer refuses. */
  wrongSecrets: (seed: number) => `
local n = 0
request = function()
  n = n + 1
  wrk.headers["x-client-secret"] = "wrong-${seed}-" .. n
  return wrk.format(nil, "/")
end`,
  /** Mostly clients that come again; of a hundred requests two are of new clients, and two show a wrong secret. */
  mixed: (seed: number) => `
local n = 0
local secret = wrk.headers["x-client-secret"]
request = function()
  n = n + 1
  local client = n % 50 == 0 and "mixed-${seed}-" .. n or "client-" .. n % 64
  wrk.headers["x-client-id"] = client
  wrk.headers["x-client-secret"] = n % 50 == 25 and "wrong-${seed}-" .. n % 1000 or secret
  return wrk.format(nil, "/")
end`,
};

/** Writes a script into a folder, and returns its path. */
export function writeScript(directory: string, name: keyof typeof SCRIPTS, parameter: number): string {
  const file = join(directory, `${name}-${parameter}.lua`);
  writeFileSync(file, SCRIPTS[name](parameter));
  return file;
}
