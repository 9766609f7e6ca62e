/** One choice of a streamed answer on its way through the guards. */
import { Denial } from '../core/denial.ts';
import { getOrAdd } from '../core/maps.ts';
import { type About, collect, type Finding, type Frame } from '../core/reply.ts';
import type { Released, Window } from '../guard/guard.ts';
import { type ChatChunk, type Logprobs, TEXT_FIELDS } from '../openai/answer.ts';
import { cut, limitFor, mapCall, type OutputRules } from './output-rules.ts';
import type { Part } from './sidecar-stream.ts';
import { ToolCalls } from './tool-calls.ts';

type Fields = Record<string, unknown>;
/** Makes an event of the fields of a chunk. */
type MakeEvent = (fields: object, about: About) => Frame;

/** A text of the choice: its window, and how much of it has gone out. */
interface Track {
  readonly window: Window;
  held: number;
  sent: number;
}

export class ChoiceStream {
  /** Set once `finish_reason` has been sent; what comes after is dropped. */
  ended = false;
  truncated = false;
  readonly #index: number;
  readonly #rules: OutputRules;
  readonly #tracks = new Map<string, Track>();
  readonly #toolCalls = new ToolCalls();
  /** Log-probabilities of text that is still held, in order; null once they could tell what was redacted. */
  #logprobs: NonNullable<Logprobs>[] | null = [];
  #legacy = false;
  /** What the event that is being made has found and carries. */
  #findings: Finding[] = [];
  #characters = 0;
  #text = '';

  constructor(index: number, rules: OutputRules) {
    this.#index = index;
    this.#rules = rules;
  }

  /**
   * Takes a part of the choice, and yields what may leave.
   * @param findings what others have found in it before
   */
  *push(part: Part, event: MakeEvent, findings: readonly Finding[] = []): Generator<Frame> {
    if (this.ended) return;
    collect(this.#findings, findings);
    this.#legacy = 'text' in part;
    if (part.logprobs) this.#logprobs?.push(part.logprobs);
    const fields = 'delta' in part ? this.#pushDelta(part.delta) : this.#pushText('text', part.text);
    if (part.finish_reason || this.truncated) yield* this.#finish(fields, part.finish_reason ?? null, event);
    else if (Object.keys(fields).length > 0) yield this.#event(fields, null, event);
  }

  /** The stream is over: what is still held leaves. */
  *end(event: MakeEvent): Generator<Frame> {
    if (!this.ended) yield* this.#finish({}, null, event);
  }

  #pushDelta(delta: ChatChunk['choices'][number]['delta']): Fields {
    const fields: Fields = delta.role ? { role: delta.role } : {};
    for (const field of TEXT_FIELDS) {
      const value = delta[field];
      if (typeof value === 'string') Object.assign(fields, this.#pushText(field, value));
      // The first event of llama.cpp says `content: null`, and clients may look for the field.
      else if (value === null && delta.role) fields[field] = null;
    }
    for (const call of delta.tool_calls ?? []) this.#toolCalls.add(call);
    return fields;
  }

  #pushText(field: string, value: string): Fields {
    const track = getOrAdd(this.#tracks, field, () => ({
      window: this.#rules.guard.window(this.#channel(field), this.#rules.surroundings),
      held: 0,
      sent: 0,
    }));
    return this.#release(field, track, track.window.push(value), value === '');
  }

  /** What a window lets go, within what the choice may still say. */
  #release(field: string, track: Track, released: Released, empty = false): Fields {
    track.held = released.held;
    collect(this.#findings, released.findings);
    if (released.changed) this.#logprobs = null;
    const limit = limitFor(field, this.#rules);
    const text = cut(released.text, limit === null ? null : limit - track.sent);
    if (text.length < released.text.length) this.truncated = true;
    track.sent += text.length;
    this.#characters += text.length;
    if (this.#index === 0 && (field === 'content' || field === 'text'))
      this.#text += this.#rules.surroundings.pseudonyms?.hide(text) ?? text;
    if (released.blocked) throw new Denial('output_blocked', { findings: this.#findings });
    return text !== '' || empty ? { [field]: text } : {};
  }

  /** First what was held, then an event of its own with the reason: so the two never depend on how the text was split. */
  *#finish(fields: Fields, reason: string | null, event: MakeEvent): Generator<Frame> {
    const last: Fields = { ...fields };
    for (const [field, track] of this.#tracks) {
      const tail = this.truncated ? {} : this.#release(field, track, track.window.end());
      if (typeof tail[field] === 'string') last[field] = `${(last[field] as string | undefined) ?? ''}${tail[field]}`;
      track.held = 0;
    }
    if (this.#toolCalls.size > 0 && !this.truncated) last['tool_calls'] = this.#wholeToolCalls();
    if (this.truncated) this.#logprobs = null;
    if (Object.keys(last).length > 0) yield this.#event(last, null, event);
    this.ended = true;
    const finish = this.truncated ? 'length' : reason;
    if (finish) yield this.#event({}, finish, event);
  }

  #wholeToolCalls() {
    return this.#toolCalls.take().map(([index, call]) => {
      const channel = this.#channel(`tool_calls.${index}`);
      const { id, ...guarded } = mapCall(call, channel, (text, at) => this.#guard(text, at));
      this.#characters += guarded.arguments.length;
      return { index, id, type: 'function', function: guarded };
    });
  }

  /** Guards a text that is there as a whole. */
  #guard(text: string, channel: string): string {
    const seen = this.#rules.guard.window(channel, this.#rules.surroundings).end(text);
    collect(this.#findings, seen.findings);
    if (seen.changed) this.#logprobs = null;
    if (seen.blocked) throw new Denial('output_blocked', { findings: this.#findings });
    return seen.text;
  }

  #event(fields: Fields, finishReason: string | null, event: MakeEvent): Frame {
    const content = this.#legacy ? { text: '', ...fields } : { delta: fields };
    const choice = { index: this.#index, ...content, ...this.#takeLogprobs(), finish_reason: finishReason };
    const about = { findings: this.#findings, characters: this.#characters, text: this.#text };
    this.#findings = [];
    this.#characters = 0;
    this.#text = '';
    return event({ choices: [choice] }, about);
  }

  /** Log-probabilities may leave when nothing is held, and never after something was redacted. */
  #takeLogprobs(): { logprobs?: NonNullable<Logprobs> | null } {
    if (this.#logprobs === null) return { logprobs: null };
    const held = this.#toolCalls.size > 0 || [...this.#tracks.values()].some((track) => track.held > 0);
    if (held || this.#logprobs.length === 0) return {};
    const logprobs = this.#logprobs.reduce(appended);
    this.#logprobs = [];
    return { logprobs };
  }

  readonly #channel = (field: string): string => `choices.${this.#index}.${field}`;
}

/** Two pieces of log-probabilities as one: every field that is a list goes on in the second. */
const appended = (first: NonNullable<Logprobs>, second: NonNullable<Logprobs>): NonNullable<Logprobs> => {
  const merged: Fields = { ...first };
  for (const [field, value] of Object.entries(second)) {
    const before = merged[field];
    merged[field] = Array.isArray(before) && Array.isArray(value) ? [...before, ...value] : (value ?? before);
  }
  return merged as NonNullable<Logprobs>;
};
