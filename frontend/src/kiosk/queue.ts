// What people answered and the server does not have yet: rows of IndexedDB, without an end of their time. A row leaves
// only when the server has said that it stored that very number.

import type { Values } from "../survey/expressions/evaluate";

export interface Step {
  page: string;
  given: Values;
  /** The moment on this device's clock, with its offset: conditions read it. */
  at: string;
  seconds: number;
  move: "next" | "back" | "stay";
}

export interface Kept {
  /** Stored once under this number, however often it is sent. */
  client_id: string;
  survey: string;
  version: number;
  language: string;
  hidden: Values;
  begun_at: string;
  steps: Step[];
  state: "open" | "partial" | "finished";
  /** Why the server does not take it; it stays here until staff have seen it. */
  refused?: string;
}

const ROWS = "responses";
const BATCH = 25;
const FIRST_RETRY_MS = 5_000;
const LAST_RETRY_MS = 5 * 60_000;
const ROUND_MS = 60_000;

const done = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("IndexedDB"));
  });

export class Queue {
  private sending = false;
  private failures = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  private constructor(
    private readonly database: IDBDatabase,
    private readonly survey: string,
    private readonly address: string,
    private readonly changed: () => void,
  ) {}

  static async open(survey: string, address: string, changed: () => void): Promise<Queue> {
    const opening = indexedDB.open("cxloop-kiosk", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(ROWS, { keyPath: "client_id" });
    const queue = new Queue(await done(opening), survey, address, changed);
    // asks the browser not to clear it when space runs out; it may ask nobody, and may say no
    await navigator.storage?.persist?.().catch(() => false);
    await queue.alone();
    addEventListener("online", () => queue.soon(0));
    queue.soon(0);
    return queue;
  }

  /** Writes a response as it is now; it is on the disk when this is over. */
  async put(row: Kept): Promise<void> {
    const work = this.database.transaction(ROWS, "readwrite", { durability: "strict" });
    await done(work.objectStore(ROWS).put(row));
    await new Promise((resolve, reject) => {
      work.oncomplete = resolve;
      work.onabort = work.onerror = () => reject(work.error ?? new Error("IndexedDB"));
    });
    if (row.state !== "open") this.soon(0);
    this.changed();
  }

  /** What waits to be sent, and what the server did not take. */
  async counts(): Promise<{ waiting: number; refused: number }> {
    const rows = await this.rows();
    return {
      waiting: rows.filter((row) => row.state !== "open" && !row.refused).length,
      refused: rows.filter((row) => row.refused).length,
    };
  }

  /** Everything that is here, for staff to take away where no network comes any more. */
  async rows(): Promise<Kept[]> {
    const all = done(this.database.transaction(ROWS).objectStore(ROWS).getAll()) as Promise<Kept[]>;
    return (await all).filter(({ survey }) => survey === this.survey);
  }

  /** Tries what was refused once more, too. */
  async again(): Promise<void> {
    for (const { refused, ...row } of await this.rows()) if (refused) await this.put(row);
    this.failures = 0;
    await this.send();
  }

  /** Ends what was left open; a second tab leaves alone what somebody is in the middle of in the first. */
  private async alone(): Promise<void> {
    // without TLS there are no locks, and nothing else that a kiosk needs but for trying it
    if (!("locks" in navigator)) return this.end();
    await new Promise<void>((resolve) => {
      void navigator.locks.request(`cxloop-kiosk ${this.survey}`, { ifAvailable: true }, async (lock) => {
        if (lock) await this.end();
        resolve();
        return lock ? new Promise(() => undefined) : undefined;
      });
    });
  }

  /** Whatever was open when the page was left, or the tablet went off, is as far as it came. */
  private async end(): Promise<void> {
    for (const row of await this.rows())
      if (row.state === "open")
        await (row.steps.length ? this.put({ ...row, state: "partial" }) : this.forget([row.client_id]));
  }

  private soon(milliseconds: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.send(), milliseconds);
  }

  async send(): Promise<void> {
    if (this.sending) return;
    this.sending = true;
    let failed = false;
    try {
      for (;;) {
        const rows = (await this.rows()).filter((row) => row.state !== "open" && !row.refused).slice(0, BATCH);
        if (!rows.length) break;
        await this.post(rows);
      }
    } catch {
      failed = true;
    }
    this.sending = false;
    this.failures = failed ? this.failures + 1 : 0;
    const wait = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (this.failures - 1));
    this.soon(failed ? wait * (0.5 + Math.random() / 2) : ROUND_MS);
    this.changed();
  }

  /** Throws where nothing was heard: the same rows are sent again, and stored once. */
  private async post(rows: Kept[]): Promise<void> {
    const answer = await fetch(this.address, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      // this device's clock may be wrong: the server compares it with its own
      body: JSON.stringify({ sent_at: new Date().toISOString(), responses: rows }),
      cache: "no-store",
    });
    if (!answer.ok) throw new Error(String(answer.status));
    const { stored, refused } = (await answer.json()) as { stored: string[]; refused: Record<string, string> };
    const settled = new Set([...stored, ...Object.keys(refused)]);
    if (!rows.some((row) => settled.has(row.client_id))) throw new Error("nothing was taken");
    for (const row of rows) {
      const why = refused[row.client_id];
      if (why) await done(this.store("readwrite").put({ ...row, refused: why }));
    }
    await this.forget(stored);
    this.changed();
  }

  private async forget(ids: readonly string[]): Promise<void> {
    for (const id of ids) await done(this.store("readwrite").delete(id));
  }

  private store(mode: IDBTransactionMode): IDBObjectStore {
    return this.database.transaction(ROWS, mode).objectStore(ROWS);
  }
}
