// What a browser remembers of surveys: when each was shown and answered, and a number that shares of visitors are drawn
// by. It lies beside what cx.js keeps: taking a consent back removes it too.

import { uuid } from "../snippet/ids";
import { Shelf } from "../snippet/storage";
import type { Offer } from "./offers";

interface Past {
  shown?: number;
  answered?: number;
}

export class Memory {
  private readonly shelf = new Shelf();

  /** Whether a survey may be shown once more. */
  isDue(offer: Offer, now = Date.now()): boolean {
    const { shown, answered } = this.past(offer.name);
    if (!shown) return true;
    if (answered && offer.untilAnswered) return false;
    return offer.again !== undefined && now - shown >= offer.again * 1000;
  }

  /** Whether a visitor is among the share of those who see a survey: always the same, and each survey draws anew. */
  isDrawn(offer: Offer): boolean {
    if (offer.percentage >= 100) return true;
    let draw = this.shelf.get("draw");
    if (!draw) this.shelf.set("draw", (draw = uuid()));
    return share(`${draw} ${offer.name}`) * 100 < offer.percentage;
  }

  shown(survey: string): void {
    this.note(survey, { ...this.past(survey), shown: Date.now() });
  }

  answered(survey: string): void {
    this.note(survey, { shown: Date.now(), ...this.past(survey), answered: Date.now() });
  }

  /** The id under which cx.js tells the events of this visitor, if it does. */
  get anonymous(): string | null {
    return this.shelf.get("anonymous");
  }

  get granted(): boolean {
    return this.shelf.get("consent") === "granted";
  }

  private past(survey: string): Past {
    try {
      return (JSON.parse(this.shelf.get(`survey.${survey}`) ?? "{}") ?? {}) as Past;
    } catch {
      return {};
    }
  }

  private note(survey: string, past: Past): void {
    this.shelf.set(`survey.${survey}`, JSON.stringify(past));
  }
}

/** A number from 0 to 1 that only the text decides: FNV-1a, stirred once more so that close texts fall far apart. */
export function share(text: string): number {
  let hash = 0x811c9dc5;
  for (const letter of text) hash = Math.imul(hash ^ letter.codePointAt(0)!, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
