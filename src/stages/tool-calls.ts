import { getOrAdd } from '../core/maps.ts';
import type { ToolCallDelta } from '../openai/answer.ts';

export interface ToolCall {
  id: string;
  name: string;
  arguments: string;
}

/** Puts the tool calls of a choice together from their pieces: only whole arguments can be read as JSON. */
export class ToolCalls {
  readonly #calls = new Map<number, ToolCall>();

  add({ index, id, function: part }: ToolCallDelta): void {
    const call = getOrAdd(this.#calls, index, () => ({ id: '', name: '', arguments: '' }));
    call.id ||= id ?? '';
    call.name += part?.name ?? '';
    call.arguments += part?.arguments ?? '';
  }

  get size(): number {
    return this.#calls.size;
  }

  /** The calls, by their index in the choice; from then on there are none. */
  take(): (readonly [index: number, call: ToolCall])[] {
    const calls = [...this.#calls];
    this.#calls.clear();
    return calls;
  }
}
