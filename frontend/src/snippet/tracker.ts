// The calls of a site, and what may become of them: nothing is stored or sent before it is allowed.

import { campaignOf, pageOf, timeZone } from "./context";
import { uuid } from "./ids";
import { type Message, Outbox } from "./outbox";
import { type Settings, signalsRefusal } from "./settings";
import { Shelf } from "./storage";

export type Properties = Record<string, unknown>;

const VERSION = "1";
const MOST_HELD = 100;
const CONSENT = "consent";
const ANONYMOUS = "anonymous";
const USER = "user";
const GROUP = "group";

/** Tells the widget, which may be on the page too. */
const tell = (what: string, detail?: unknown): void => {
  dispatchEvent(new CustomEvent(`cx:${what}`, { detail }));
};

type State = "asked" | "granted" | "refused";

export class Tracker {
  private readonly storage = new Shelf();
  private readonly outbox: Outbox;
  /** Calls that wait for an answer; in memory only, gone with the page. */
  private held: Array<() => void> = [];
  private state: State;
  private referrer = document.referrer;
  private campaign = campaignOf(location.search);

  /** Names of what was tracked on this page: what shows surveys may come later. */
  readonly events: string[] = [];

  constructor(private readonly settings: Settings) {
    this.outbox = new Outbox(`${settings.host}/v1/batch`, settings.key, this.storage);
    this.state = this.first();
    if (this.state === "granted") this.outbox.start();
  }

  page(name?: string | Properties | null, properties?: Properties): void {
    const named = typeof name === "string" ? name : undefined;
    const given = typeof name === "object" ? name : properties;
    const page = pageOf(this.settings.query, this.referrer);
    this.send("page", { name: named, properties: { ...page, ...given } });
    tell("page");
  }

  track(event: string, properties?: Properties): void {
    this.send("track", { event: String(event), properties: { ...properties } });
    if (this.state === "refused") return;
    if (this.events.push(String(event)) > MOST_HELD) this.events.shift();
    tell("track", String(event));
  }

  identify(userId?: string | number | Properties | null, traits?: Properties): void {
    const id = typeof userId === "object" ? undefined : userId;
    const told = typeof userId === "object" && userId ? userId : traits;
    this.send("identify", { traits: { ...told } }, id === undefined ? undefined : [USER, String(id)]);
  }

  group(groupId: string | number, traits?: Properties): void {
    this.send("group", { groupId: String(groupId), traits: { ...traits } }, [GROUP, String(groupId)]);
  }

  alias(userId: string | number, previousId?: string | number): void {
    const previous = previousId === undefined ? undefined : String(previousId);
    this.send("alias", { previousId: previous, userId: String(userId) });
  }

  /** Somebody else sits here now: a new anonymous id, no user, no group. */
  reset(): void {
    if (this.state === "asked") this.held.push(() => this.reset());
    [ANONYMOUS, USER, GROUP].forEach((name) => this.storage.remove(name));
  }

  /** What the visitor chose: what was kept in memory is sent, or dropped together with everything that was stored. */
  consent(choice: { analytics?: boolean }): void {
    if (choice.analytics) this.grant(choice);
    else this.refuse();
  }

  /** A page of a single-page app: where from, and by which campaign, holds for what follows. */
  moved(from: string): void {
    this.referrer = from;
    this.campaign = campaignOf(location.search) ?? this.campaign;
  }

  private first(): State {
    if (signalsRefusal(this.settings.respect, navigator)) return "refused";
    if (!this.settings.consentRequired) return "granted";
    // reading tells nobody anything and writes nothing; it is there only if it was granted before
    return this.storage.get(CONSENT) === "granted" ? "granted" : "asked";
  }

  private grant(choice: Properties): void {
    if (this.state === "granted") return;
    this.state = "granted";
    this.storage.set(CONSENT, "granted");
    this.outbox.start();
    const held = this.held;
    this.held = [];
    held.forEach((call) => call());
    this.send("track", { event: "Segment Consent Preference Updated", properties: {} }, undefined, {
      consent: { categoryPreferences: choice },
    });
    tell("consent", true);
  }

  private refuse(): void {
    this.state = "refused";
    this.held = [];
    this.outbox.stop();
    this.storage.clear();
    tell("consent", false);
  }

  private send(type: string, fields: Properties, remember?: readonly [string, string], more?: Properties): void {
    if (this.state === "refused") return;
    // what is true of the moment of the call; ids are added when it may be sent
    const message: Message = {
      type,
      ...(JSON.parse(JSON.stringify(fields)) as Properties),
      messageId: uuid(),
      timestamp: new Date().toISOString(),
      context: {
        library: { name: "cx.js", version: VERSION },
        locale: navigator.language,
        timezone: timeZone(),
        page: pageOf(this.settings.query, this.referrer),
        campaign: this.campaign,
        ...more,
      },
    };
    const go = (): void => {
      if (remember) this.storage.set(...remember);
      this.outbox.add(this.signed(message));
    };
    if (this.state === "granted") go();
    else if (this.held.length < MOST_HELD) this.held.push(go);
  }

  /** Adds who it is. */
  private signed(message: Message): Message {
    let anonymousId = this.storage.get(ANONYMOUS);
    if (!anonymousId) this.storage.set(ANONYMOUS, (anonymousId = uuid()));
    const groupId = this.storage.get(GROUP) ?? undefined;
    const context = { ...(message.context as Properties), groupId };
    return { anonymousId, userId: this.storage.get(USER) ?? undefined, ...message, context };
  }
}
