/** What a model server is made to send must come to the text again, however it is cut. */
import { describe, expect, test } from 'vitest';
import { chatAnswer, chatChunk, parseAnswer, textAnswer, textChunk } from '../../src/openai/answer.ts';
import { ANSWER_PLACES, DELIVERIES, piecesOf, readAnswer } from '../../src/redteam/answers.ts';
import { randomFrom } from '../../src/redteam/random.ts';

const TEXT = 'Grüße, "Ada" 🙂\nwrite to\tada@example.com\\!';

describe.each(ANSWER_PLACES.map((place) => [place.id, place] as const))('%s', (_id, place) => {
  test.each(Object.entries(DELIVERIES))('%s', (_name, delivery) => {
    const pieces = piecesOf(place, TEXT, delivery, randomFrom('1'));
    const whole = Buffer.concat(pieces).toString();
    const read = readAnswer(whole, delivery.stream);
    expect(read.endsWith(TEXT)).toBe(true);
    // The other choice is there as well.
    expect(read === TEXT).toBe(place.choices === 1);
    const legacy = place.endpoint === 'completions';
    if (!delivery.stream) parseAnswer(legacy ? textAnswer : chatAnswer, whole);
    else
      for (const [, data] of whole.matchAll(/data: (\{.*\})\r?\n/g)) parseAnswer(legacy ? textChunk : chatChunk, data!);
  });
});

test('a stream by character is one, and one that is cut anywhere is cut within characters', () => {
  const [place] = ANSWER_PLACES;
  const random = randomFrom('1');
  expect(piecesOf(place!, TEXT, DELIVERIES['stream, by character']!, random).length).toBeGreaterThan([...TEXT].length);
  const shreds = piecesOf(place!, TEXT.repeat(90), DELIVERIES['stream, bytes cut anywhere']!, random);
  expect(shreds.some((piece) => Buffer.from(piece).toString().includes('\ufffd'))).toBe(true);
});

test('what broke off is read as far as it came', () => {
  expect(
    readAnswer(
      'data: {"choices":[{"index":0,"delta":{"content":"half a"}}]}\n\ndata: {"error":{"code":"output_blocked"}}\n\n',
      true,
    ),
  ).toBe('half a');
  expect(
    readAnswer(
      'data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\\"body\\":\\"x"}}]}}]}\n\n',
      true,
    ),
  ).toBe('{"body":"x');
});
