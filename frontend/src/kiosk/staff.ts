// The code by which staff leave a kiosk. The page holds only a digest that takes long to make, so that it can be checked
// without a network; whoever holds the tablet's page for long could still try all codes.

const ROUNDS = 200_000;

const bytes = (hex: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16)) as Uint8Array<ArrayBuffer>;

export interface ExitCode {
  salt: string;
  digest: string;
}

/** Whether a code is the right one. */
export async function opens({ salt, digest }: ExitCode, code: string): Promise<boolean> {
  const given = await crypto.subtle.importKey("raw", new TextEncoder().encode(code), "PBKDF2", false, ["deriveBits"]);
  const way = { name: "PBKDF2", hash: "SHA-256", salt: bytes(salt), iterations: ROUNDS };
  const made = new Uint8Array(await crypto.subtle.deriveBits(way, given, 256));
  return [...made].map((byte) => byte.toString(16).padStart(2, "0")).join("") === digest;
}
