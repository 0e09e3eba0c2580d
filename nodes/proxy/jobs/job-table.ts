// All jobs that another process does.
import { keepJob, referencesJob, tellJob, weighJob } from '../conversations/large-turns.ts'
import { sizesJob } from '../limits/budgets/conversation-sizes.ts'
import { embedJob } from '../translators/late/embed-job.ts'
import { estimateJob } from '../translators/late/estimate-job.ts'
import { judgeAnswerJob } from '../translators/late/judge-answer-job.ts'
import { readChatJob, readEmbeddingsJob } from '../translators/late/read-answer-jobs.ts'
import { countCharactersJob, rewriteJob } from '../translators/late/rewrite-job.ts'
import { translateJob } from '../translators/late/translate-job.ts'

export const jobs = [
  translateJob,
  embedJob,
  estimateJob,
  judgeAnswerJob,
  sizesJob,
  readChatJob,
  readEmbeddingsJob,
  keepJob,
  referencesJob,
  weighJob,
  tellJob,
  rewriteJob,
  countCharactersJob,
] as const
