// Events on their way. Each is written to first-party storage under a name of its own before it is sent, and removed
// when the collector has acknowledged it: what a crash, a closed tab or a dead line interrupts is sent by the next page.
// A second sending has the same messageId, which the collector takes once. Tabs do not get into each other's way.

import type { Shelf } from "./storage";

export interface Message {
  messageId: string;
  [name: string]: unknown;
}

const MOST_EVENTS = 300;
const MOST_BYTES = 400_000;
const MOST_AGE_MS = 3 * 24 * 3600 * 1000;
/** The browser lets 64 KB leave with a page; several requests share them. */
const BATCH_BYTES = 50_000;
const BATCH_EVENTS = 100;
const EVENT_BYTES = 32 * 1024;
const WAIT_MS = 200;
const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 300_000;
/** What another tab has just stored, it is sending itself. */
const FOREIGN_MS = 5000;
/** The collector will never take these. All else is tried again: a wrong key can be corrected, a full disk be freed. */
const HOPELESS = [400, 413, 415];
const QUEUE = "q.";

const bytes = (text: string): number => new TextEncoder().encode(text).length;
const storedAt = (name: string): number => parseInt(name.slice(QUEUE.length), 36);

export class Outbox {
  private readonly own = new Set<string>();
  private sending = false;
  private failures = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private waitUntil = 0;
  private count = 0;

  constructor(
    private readonly url: string,
    private readonly key: string,
    private readonly storage: Shelf,
  ) {}

  /** Sends what earlier pages could not, and listens for the line to come back and the page to be left. */
  start(): void {
    addEventListener("online", this.online);
    addEventListener("pagehide", this.leave);
    document.addEventListener("visibilitychange", this.hidden);
    const oldest = this.storage.names(QUEUE)[0];
    if (oldest) this.later(Math.max(WAIT_MS, storedAt(oldest) + FOREIGN_MS - Date.now()));
  }

  /** Forgets everything that was not sent yet. */
  stop(): void {
    removeEventListener("online", this.online);
    removeEventListener("pagehide", this.leave);
    document.removeEventListener("visibilitychange", this.hidden);
    clearTimeout(this.timer);
    this.timer = undefined;
    this.storage.names(QUEUE).forEach((name) => this.storage.remove(name));
    this.own.clear();
  }

  add(message: Message): void {
    const text = JSON.stringify(message);
    if (bytes(text) > EVENT_BYTES) {
      console.warn("cx: an event of more than 32 KB is not sent");
      return;
    }
    const name = `${QUEUE}${Date.now().toString(36)}.${(this.count++).toString(36).padStart(4, "0")}.${message.messageId}`;
    this.storage.set(name, text);
    this.own.add(name);
    this.trim();
    if (!this.timer) this.later(Math.max(WAIT_MS, this.waitUntil - Date.now()));
  }

  private readonly online = (): void => {
    this.waitUntil = 0;
    this.later(0);
  };

  private readonly hidden = (): void => {
    if (document.visibilityState === "hidden") this.leave();
  };

  /** The page may not come back: hands over what waits. It stays stored until some page hears that it arrived. */
  private readonly leave = (): void => {
    const { body } = this.batch(this.names(true));
    if (body) navigator.sendBeacon(this.url, body);
  };

  private later(milliseconds: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.flush();
    }, milliseconds);
  }

  private async flush(): Promise<void> {
    if (this.sending) return;
    const { body, names } = this.batch(this.names(false));
    if (!body) {
      if (this.storage.names(QUEUE).length) this.later(FOREIGN_MS); // another tab's, or given up a moment from now
      return;
    }
    this.sending = true;
    const failed = await this.post(body, names);
    this.sending = false;
    this.failures = failed === undefined ? 0 : this.failures + 1;
    const wait = failed ?? WAIT_MS;
    this.waitUntil = Date.now() + wait;
    if (this.storage.names(QUEUE).length) this.later(wait);
  }

  /** Returns how long to wait before the next try; nothing where these need no other. */
  private async post(body: string, names: readonly string[]): Promise<number | undefined> {
    try {
      // text/plain spares the question whether it may be sent (CORS), the key stands in the body
      const answer = await fetch(this.url, { method: "POST", body, keepalive: true, credentials: "omit", mode: "cors" });
      // an answer that is not read to its end counts against the 64 KB that may be on their way
      await answer.text();
      if (answer.ok || HOPELESS.includes(answer.status)) {
        names.forEach((name) => this.forget(name));
        return undefined;
      }
      return this.backoff(Number(answer.headers.get("Retry-After")) * 1000 || 0);
    } catch {
      return this.backoff(0);
    }
  }

  private backoff(asked: number): number {
    const wait = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.failures);
    // at random within its second half: many browsers shall not come back at one moment
    return Math.max(asked, wait / 2 + Math.random() * (wait / 2));
  }

  /** What waits, the oldest first; of other pages only what they seem to have given up. */
  private names(ownOnly: boolean): string[] {
    const before = Date.now() - FOREIGN_MS;
    return this.storage
      .names(QUEUE)
      .filter((name) => this.own.has(name) || (!ownOnly && storedAt(name) <= before));
  }

  private batch(waiting: readonly string[]): { body: string; names: string[] } {
    const names: string[] = [];
    const texts: string[] = [];
    let size = 0;
    for (const name of waiting.slice(0, BATCH_EVENTS)) {
      const text = this.storage.get(name);
      if (!text) continue;
      size += bytes(text);
      if (names.length && size > BATCH_BYTES) break;
      names.push(name);
      texts.push(text);
    }
    const head = `"writeKey":${JSON.stringify(this.key)},"sentAt":"${new Date().toISOString()}"`;
    return { body: names.length ? `{${head},"batch":[${texts.join()}]}` : "", names };
  }

  /** Keeps within bounds of age, number and bytes: the oldest go first. */
  private trim(): void {
    const names = this.storage.names(QUEUE).reverse();
    const oldest = Date.now() - MOST_AGE_MS;
    let size = 0;
    names.forEach((name, place) => {
      size += (this.storage.get(name) ?? "").length;
      if (place >= MOST_EVENTS || size > MOST_BYTES || !(storedAt(name) > oldest)) this.forget(name);
    });
  }

  private forget(name: string): void {
    this.storage.remove(name);
    this.own.delete(name);
  }
}
