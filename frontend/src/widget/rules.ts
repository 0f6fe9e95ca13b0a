// When a survey comes by itself: all that is set has to hold.

import type { Memory } from "./memory";
import type { Offer, Offers } from "./offers";

/** Whether an address fits one of some patterns: "/cart*", "https://shop.example.org/*", "*\/help"; * is anything. */
export function fitsPage(patterns: readonly string[], { origin, pathname, search }: Location | URL): boolean {
  return patterns.some((pattern) => {
    const asked = new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replace(/\*/g, ".*")}$`);
    const path = pattern.includes("?") ? pathname + search : pathname;
    return asked.test(path) || asked.test(origin + path);
  });
}

export class Rules {
  private readonly waiting = new Map<string, ReturnType<typeof setTimeout>>();
  private readonly leaving = new Set<string>();
  private readonly asking = new Set<string>();

  constructor(
    private readonly offers: Offers,
    private readonly memory: Memory,
    /** Shows a survey; false where another one is open. */
    private readonly show: (offer: Offer) => boolean,
  ) {
    // the mouse leaves by the top: towards the tabs, the address, the button that closes
    document.documentElement.addEventListener("mouseleave", ({ clientY }) => {
      if (clientY <= 0) void this.each((offer) => this.leaving.delete(offer.name) && void this.try(offer));
    });
  }

  /** The visitor is on another page, or on the first one. */
  async page(): Promise<void> {
    this.waiting.forEach(clearTimeout);
    this.waiting.clear();
    this.leaving.clear();
    await this.each((offer) => {
      if (!offer.event) this.arm(offer);
    });
  }

  /** An event happened. */
  async event(name: string): Promise<void> {
    await this.each((offer) => {
      if (offer.event === name) this.arm(offer);
    });
  }

  private async each(work: (offer: Offer) => unknown): Promise<void> {
    (await this.offers.all()).forEach(work);
  }

  private holds(offer: Offer): boolean {
    const here = !offer.pages?.length || fitsPage(offer.pages, location);
    return here && this.memory.isDue(offer) && this.memory.isDrawn(offer);
  }

  private arm(offer: Offer): void {
    if (!this.holds(offer) || this.waiting.has(offer.name)) return;
    const go = (): void => {
      this.waiting.delete(offer.name);
      if (offer.exit) this.leaving.add(offer.name);
      else void this.try(offer);
    };
    this.waiting.set(offer.name, setTimeout(go, offer.delay * 1000));
  }

  private async try(offer: Offer): Promise<void> {
    if (this.asking.has(offer.name)) return;
    this.asking.add(offer.name);
    const isFor = await this.offers.isFor(offer, this.memory.anonymous);
    this.asking.delete(offer.name);
    // time has passed: another survey, another tab
    if (isFor && this.holds(offer) && this.show(offer)) this.memory.shown(offer.name);
  }
}
