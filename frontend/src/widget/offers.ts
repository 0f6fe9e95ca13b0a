// Which surveys a site may show, as collect/surveys/pages/widget.py tells it.

export interface Offer {
  name: string;
  title: string;
  /** Name of the event that it answers. */
  event?: string;
  /** Addresses that it is shown on, with * for anything. */
  pages?: string[];
  /** Whether it is for a segment: whether this visitor belongs to it is asked when everything else holds. */
  segment?: true;
  percentage: number;
  delay: number;
  exit?: true;
  /** Seconds after which somebody is asked again. */
  again?: number;
  untilAnswered: boolean;
  place: "corner" | "middle" | "inline";
  /** Background, text and accent; by day, and where the visitor's device is set to dark. */
  colours: [string[], string[]];
  words: { close: string; opened: string };
}

export class Offers {
  private found: Promise<Offer[]> | undefined;

  constructor(
    private readonly host: string,
    /** The site's write key, or the name of one survey. */
    private readonly asked: { key?: string; survey?: string },
    private readonly language: string,
  ) {}

  /** All that may be shown here, the most important first; asked for once. */
  all(): Promise<Offer[]> {
    return (this.found ??= this.read("widget.json", {}).then(({ surveys }) => (surveys as Offer[] | undefined) ?? []));
  }

  /** Whether a visitor belongs to the segment of a survey. */
  async isFor(offer: Offer, anonymous: string | null): Promise<boolean> {
    if (!offer.segment) return true;
    if (!anonymous) return false;
    const { member } = await this.read("widget-member.json", { survey: offer.name, anonymous });
    return member === true;
  }

  /** The address of a survey's pages inside the panel. */
  address(offer: Offer, anonymous: string | null): string {
    const { key } = this.asked;
    return `${this.host}/s/${offer.name}?${this.query({ mode: "widget", ...(key && anonymous ? { key, anonymous } : {}) })}`;
  }

  private query(more: Record<string, string>): string {
    return new URLSearchParams({ ...more, lang: this.language }).toString();
  }

  private async read(path: string, more: Record<string, string>): Promise<Record<string, unknown>> {
    try {
      const asked = this.query({ ...(this.asked as Record<string, string>), ...more });
      const answer = await fetch(`${this.host}/s/-/${path}?${asked}`, { credentials: "omit" });
      return answer.ok ? ((await answer.json()) as Record<string, unknown>) : {};
    } catch {
      return {}; // a site never breaks because of this
    }
  }
}
