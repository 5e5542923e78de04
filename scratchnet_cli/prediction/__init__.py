"""Pictures to answers: which were named, the work spread over processes, the answers' formats."""
