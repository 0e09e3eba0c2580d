// Values of `include`: content that an answer holds only where it is asked for.
export const encryptedReasoning = 'reasoning.encrypted_content'
export const logprobsOfText = 'message.output_text.logprobs'
