// The service worker of one kiosk: its page and what belongs to it open without a network once they were loaded. It is
// registered for the address of that kiosk alone, so that no other page of the server passes through it.

interface Extendable extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface Fetching extends Extendable {
  request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface Scope {
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void> };
  registration: { scope: string };
  addEventListener(name: "install" | "activate", work: (event: Extendable) => void): void;
  addEventListener(name: "fetch", work: (event: Fetching) => void): void;
}

const scope = self as unknown as Scope;
const kept = `cxloop-kiosk ${new URL(scope.registration.scope).pathname}`;
const PATIENCE_MS = 4_000;

scope.addEventListener("install", (event) => event.waitUntil(scope.skipWaiting()));
scope.addEventListener("activate", (event) => event.waitUntil(scope.clients.claim()));

scope.addEventListener("fetch", (event) => {
  const { request } = event;
  const here = new URL(request.url).origin === location.origin;
  if (request.method === "GET" && here) event.respondWith(answer(event));
});

/** What the server says now; what it said before where it says nothing, or takes too long. */
async function answer(event: Fetching): Promise<Response> {
  const { request } = event;
  const cache = await caches.open(kept);
  const fresh = fetch(request).then(async (found) => {
    if (found.ok) await cache.put(request, found.clone());
    return found;
  });
  event.waitUntil(fresh.catch(() => undefined));
  // what an answer varies by (language, packing) is the same on one tablet; its address may name another store
  const old = await cache.match(request, { ignoreSearch: request.mode === "navigate", ignoreVary: true });
  if (!old) return fresh;
  const late = new Promise<Response>((resolve) => setTimeout(() => resolve(old), PATIENCE_MS));
  // an answer that is no page (the proxy's error, a closed survey) does not take the place of one that works
  return Promise.race([fresh.then((found) => (found.ok ? found : old)).catch(() => old), late]);
}
