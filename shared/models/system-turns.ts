// Which models take instructions between the turns of a conversation (https://platform.claude.com/docs/en/build-with-claude/
// mid-conversation-system-messages): Claude from Opus 4.8 on, and all of version 5. Others refuse the role.

/** Whether a model takes system messages in the middle of a conversation, by its name at Anthropic. */
export function takesSystemTurns(model: string): boolean {
  const [, line, major = '0', minor = '0'] = /claude-([a-z]+)-(\d{1,2})(?:-(\d{1,2}))?(?!\d)/.exec(model) ?? []
  const version = Number(major) + Number(minor) / 100
  return version >= 5 || (line === 'opus' && version >= 4.08)
}
