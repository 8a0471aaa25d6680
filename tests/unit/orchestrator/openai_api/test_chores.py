"""What front ends ask besides the conversation is answered without a model; a person's message never is."""

from __future__ import annotations

import json

import pytest

from services.orchestrator.openai_api.chores import chore_answer

HISTORY = (
    "### Chat History:\n<chat_history>\nUSER: How big is each bucket?\nASSISTANT: 7.2 MiB in all.\n</chat_history>"
)
OPEN_WEBUI_TITLE = "### Task:\nGenerate a concise, 3-5 word title with an emoji summarizing the chat history.\n"


def test_open_webuis_title_is_the_first_question() -> None:
    asked = f'{OPEN_WEBUI_TITLE}### Output:\nJSON format: {{ "title": "your concise title here" }}\n{HISTORY}'
    assert json.loads(chore_answer(asked) or "") == {"title": "How big is each bucket?"}
    plain = f"{OPEN_WEBUI_TITLE}### Output:\nReturn ONLY the title text.\n{HISTORY}"
    assert chore_answer(plain) == "How big is each bucket?"


@pytest.mark.parametrize(
    ("task", "member", "value"),
    [
        (
            "Suggest 3-5 relevant follow-up questions or prompts that the user might naturally ask next",
            "follow_ups",
            [],
        ),
        ("Generate 1-3 broad tags categorizing the main themes of the chat history", "tags", ["AWS"]),
        ("Analyze the chat history to determine the necessity of generating search queries", "queries", []),
    ],
)
def test_open_webuis_other_tasks_get_their_json(task: str, member: str, value: object) -> None:
    asked = f'### Task:\n{task}.\n### Output:\nJSON format: {{ "{member}": ["one"] }}\n{HISTORY}'
    assert json.loads(chore_answer(asked) or "") == {member: value}


@pytest.mark.parametrize(
    "prompt",
    [
        "Provide a concise, 5-word-or-less title for the conversation, using title case conventions. Only return the "
        "title itself.\n\nConversation:\nUser: Which roles are unused?\nAI: Three.",
        "Analyze this conversation and provide:\n1. The detected language of the conversation\n2. A concise title in "
        "the detected language (5 words or less, no punctuation or quotation)\n\n"
        "User: Which roles are unused?\nAI: Three.",
    ],
)
def test_librechats_title_is_the_first_question(prompt: str) -> None:
    assert chore_answer(prompt) == "Which roles are unused?"


@pytest.mark.parametrize(
    "message",
    [
        "What is my total S3 usage?",
        "Create a bucket with the title concise-conversation",
        "Describe the role title-writer in this conversation",
        "### Task:\nRespond to the user query using the provided context.\n<context>x</context>\n<user_query>\nHow "
        "many buckets?\n</user_query>",
        "Analyze the cost of this month",
    ],
)
def test_a_persons_message_is_no_chore(message: str) -> None:
    assert chore_answer(message) is None
