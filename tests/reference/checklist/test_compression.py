"""Context compression: a conversation of any length fits the model's window, and what matters is still in it.

Days, travellers and budget were said three hundred turns ago. Small talk may be lost; they may not.
"""

from reference_system.journeys import find, judge


def test_what_was_said_long_ago_still_counts(agentchaos, system):
    """The trip is for Ada and Ben, in April, within their budget, although nothing of that is in the last request."""
    travel = system()
    journey = find("long-conversation")

    taken = agentchaos.run(travel.take, journey)

    assert judge(journey, taken.answers, taken.use) == ()
    largest = max(reply["tokens"][0] for reply in _replies(travel))
    assert largest < 3_000


def test_without_compression_a_long_conversation_is_too_much_for_the_model(agentchaos, system, on_record):
    """It goes out whole, the endpoint refuses it, and a good customer who likes to talk gets nothing."""
    travel = system("compression")

    (answer,) = agentchaos.run(travel.take, "long-conversation").answers

    assert answer.reason == "escalated"
    assert on_record(travel) == []
    (row,) = travel.store.escalations()
    assert "context_length_exceeded" in row.why


def test_without_compression_every_question_costs_the_whole_conversation(agentchaos, system):
    """What still fits is paid for in full, each time that it is sent."""
    travel = system("compression")

    agentchaos.run(travel.take, "long-conversation")

    assert max(reply["tokens"][0] for reply in _replies(travel)) > 7_000


def _replies(travel):
    return [message.body for message in travel.store.messages(kind="model_reply", limit=10_000)]
