/**
 * Connects an app of your own to a Qiao inbox. One file, no dependencies, for Node 18 or newer, Deno, Bun and workers: copy it into
 * your project.
 *
 *   const inbox = new Inbox("https://desk.example/in/KEY", "whsec_...");
 *   await inbox.message("m-1", { id: "u-7", name: "Ann" }, "Where is my order?");
 *
 *   // In your web framework, at the address for replies:
 *   const event = await inbox.received(request.headers, rawBody); // throws NotFromQiao
 */

export type Person = {
  id: string;
  name?: string;
  locale?: string;
  email?: string;
  phone?: string;
  /** Which of "email" and "phone" you have proven yourself: they join this person with one of another channel. */
  verified?: ("email" | "phone")[];
  attributes?: Record<string, string>;
};

export type SentFile = { url: string; name?: string; content_type?: string; size?: number };

export type Event =
  | {
      type: "message";
      id: string;
      from: Person;
      text?: string;
      files?: SentFile[];
      place?: { latitude: number; longitude: number; name?: string; address?: string };
      option?: string;
      quoted?: string;
      at?: string;
    }
  | { type: "edited"; id: string; text: string; at?: string }
  | { type: "recalled"; id: string; at?: string }
  | { type: "reaction"; id: string; from: Person; emoji: string }
  | { type: "report"; id: string; state: "delivered" | "read" | "failed"; reason?: string; permanent?: boolean; at?: string }
  | { type: "read"; from: Person; at: string }
  | { type: "left" | "back" | "typing"; from: Person; reason?: string };

export type Reply = {
  type: "message";
  id: string;
  conversation_id: string;
  to: string;
  by: "person" | "bot";
  language: string;
  text?: string;
  files?: { url: string; kind: "image" | "voice" | "video" | "file"; name: string; content_type: string; size: number }[];
  options?: { value: string; label: string }[];
  card?: { title: string; text: string; url?: string; image_url?: string; facts: [string, string][] };
  place?: { latitude: number; longitude: number; name?: string; address?: string };
  quoted?: string;
};

export type Posted = Reply | { type: "typing"; to: string } | { type: "recall"; id: string } | { type: "ping" };

/** The signature is wrong, too old or missing. Answer 401. */
export class NotFromQiao extends Error {}

/** Qiao did not store the events; `status` is null when there was no answer. Safe to send again with the same ids. */
export class NotTaken extends Error {
  readonly status: number | null;

  constructor(status: number | null, reason: string) {
    super(`${status}: ${reason}`);
    this.status = status;
  }
}

const TOLERANCE_SECONDS = 300;
const encoder = new TextEncoder();

export class Inbox {
  readonly #url: string;
  readonly #key: Promise<CryptoKey>;

  constructor(url: string, secret: string) {
    const bytes = Uint8Array.from(atob(secret.replace(/^whsec_/, "")), (character) => character.charCodeAt(0));
    this.#url = url;
    this.#key = crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]);
  }

  /** A customer wrote. The same id again is the same message. */
  async message(id: string, from: Person, text = "", more: Partial<Extract<Event, { type: "message" }>> = {}): Promise<void> {
    await this.tell({ ...more, type: "message", id, from, text });
  }

  /** Hand over events in their order; resolves when they are stored for good. Throws NotTaken. */
  async tell(...events: Event[]): Promise<void> {
    const body = JSON.stringify({ events });
    const answer = await fetch(this.#url, { method: "POST", body, headers: await this.signed(body) }).catch((error: unknown) => {
      throw new NotTaken(null, String(error));
    });
    if (!answer.ok) throw new NotTaken(answer.status, (await answer.text()).slice(0, 500));
  }

  /** What Qiao posted. `body` is the raw text. Throws NotFromQiao. */
  async received(headers: Headers | Record<string, string>, body: string): Promise<Posted> {
    const given = new Headers(headers);
    const id = given.get("webhook-id") ?? "";
    const timestamp = given.get("webhook-timestamp") ?? "";
    const away = Math.abs(Date.now() / 1000 - Number(timestamp));
    if (!/^\d{1,12}$/.test(timestamp) || away > TOLERANCE_SECONDS) throw new NotFromQiao("the time is missing or too far away");
    for (const one of (given.get("webhook-signature") ?? "").split(" ")) {
      if (one.startsWith("v1,") && (await this.#fits(one.slice(3), `${id}.${timestamp}.${body}`))) return JSON.parse(body) as Posted;
    }
    throw new NotFromQiao("the signature is wrong");
  }

  /** The headers that a body must go with. */
  async signed(body: string, id = `evt_${crypto.randomUUID()}`): Promise<Record<string, string>> {
    const timestamp = String(Math.floor(Date.now() / 1000));
    const signature = await crypto.subtle.sign("HMAC", await this.#key, encoder.encode(`${id}.${timestamp}.${body}`));
    return {
      "content-type": "application/json",
      "webhook-id": id,
      "webhook-timestamp": timestamp,
      "webhook-signature": `v1,${btoa(String.fromCharCode(...new Uint8Array(signature)))}`,
    };
  }

  async #fits(written: string, signed: string): Promise<boolean> {
    try {
      const bytes = Uint8Array.from(atob(written), (character) => character.charCodeAt(0));
      return await crypto.subtle.verify("HMAC", await this.#key, bytes, encoder.encode(signed));
    } catch {
      return false;
    }
  }
}
