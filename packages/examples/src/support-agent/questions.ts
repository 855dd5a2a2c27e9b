/**
 * What customers ask. The agent looks up documents for the first two, an order for the third, both for the fourth; the
 * order of the last one does not exist.
 */
export const questions: ReadonlyArray<{ readonly user: string; readonly text: string }> = [
  { user: "ada", text: "I opened a bag of beans and do not like it. Can I get a refund for it?" },
  { user: "grace", text: "How do I pause my coffee subscription while I am on holiday?" },
  { user: "edsger", text: "Where is my order KC-1077?" },
  {
    user: "barbara",
    text: "The machine from order KC-1042 leaks and its pump failed. Is that a defect you repair for free?"
  },
  { user: "donald", text: "I want to return order KC-4711, how long until the money comes back?" }
]
