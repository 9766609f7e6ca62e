/** What SDK clients say in the tests. */
export const user = (content: string) => [{ role: 'user' as const, content }];

export const WEATHER = {
  type: 'function' as const,
  function: {
    name: 'get_weather',
    description: 'The weather in a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
};
