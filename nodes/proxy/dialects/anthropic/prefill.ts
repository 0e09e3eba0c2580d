// A final message of the assistant, which the model continues.

/** Whether the model continues a begun answer. Source: Anthropic's guide to prefilling, which excludes Opus and Sonnet since 4.6 and
 *  all later models. */
export function takesPrefill(model: string): boolean {
  return !/claude-((opus|sonnet)-4-[6-9]|[a-z]+-[5-9])(?!\d)|claude-mythos/.test(model)
}

/** The turn of the user that stands in for a begun answer where the model refuses one, as Anthropic's migration guide advises. */
export const continuation = 'Continue from where you left off.'
