// First-party storage under names of ours. Where the browser has none (blocked, full, a sandboxed frame), what is kept
// lives as long as the page: a site never breaks because of this.

const PREFIX = "cx.";

export class Shelf {
  private readonly memory = new Map<string, string>();

  get(name: string): string | null {
    try {
      return localStorage.getItem(PREFIX + name) ?? this.memory.get(name) ?? null;
    } catch {
      return this.memory.get(name) ?? null;
    }
  }

  set(name: string, value: string): void {
    try {
      localStorage.setItem(PREFIX + name, value);
      this.memory.delete(name);
    } catch {
      this.memory.set(name, value);
    }
  }

  remove(name: string): void {
    this.memory.delete(name);
    try {
      localStorage.removeItem(PREFIX + name);
    } catch {
      // nothing was stored there
    }
  }

  /** Names that begin like this, sorted. */
  names(start: string): string[] {
    const found = new Set<string>(this.memory.keys());
    try {
      for (let place = 0; place < localStorage.length; place++) {
        const name = localStorage.key(place);
        if (name?.startsWith(PREFIX)) found.add(name.slice(PREFIX.length));
      }
    } catch {
      // only memory
    }
    return [...found].filter((name) => name.startsWith(start)).sort();
  }

  clear(): void {
    this.names("").forEach((name) => this.remove(name));
  }
}
