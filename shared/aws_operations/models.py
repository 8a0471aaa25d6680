"""What is known of one operation: immutable, in botocore's names."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from shared.messages import Effect, Message


class Argument(Message):
    """One member of an operation's input.

    `type` is for reading: "string", "integer", "list of string", "A | B" for an enumeration, "{Name: string,
    Values?: list of string}" for a structure. botocore's model at run time is what validates.
    """

    name: str
    type: str
    required: bool = False


class Paging(Message):
    """How the rest of an answer is asked for.

    - `paginator`: botocore has a paginator of it.
    - `token`: it has none, but the operation takes a token and returns the next one.
    - `token_with_limit`: as `token`, and AWS returns the next token only where `limit` was sent.

    `input_tokens` and `output_tokens` belong together by position. Outputs and `results` (the lists that the pages
    divide) are JMESPath. Where `results` is empty it is not known which list it is.
    """

    kind: Literal["paginator", "token", "token_with_limit"]
    input_tokens: tuple[str, ...]
    output_tokens: tuple[str, ...]
    limit: str | None = None
    more: str | None = Field(default=None, description="JMESPath of the flag that says whether there is more.")
    results: tuple[str, ...] = ()


class Operation(Message):
    """One operation of one service.

    `effect` is WRITE where nothing is known of it, and `actions` (the IAM actions that it needs) empty.
    """

    service: str = Field(description='botocore\'s name of the service: "s3", "ec2", "ce".')
    name: str = Field(description='The operation as AWS spells it: "ListBuckets".')
    effect: Effect
    actions: tuple[str, ...] = ()
    purpose: str = Field(default="", description="What it does, in one line of AWS's documentation.")
    arguments: tuple[Argument, ...] = ()
    paging: Paging | None = None
    idempotency_token: str | None = Field(
        default=None, description="The argument that makes a repeated request the same one, where AWS marks one."
    )
    streams: bool = Field(default=False, description="Whether its input or output is a stream or a body of bytes.")
    deprecated: bool = False

    @property
    def required(self) -> tuple[Argument, ...]:
        return tuple(argument for argument in self.arguments if argument.required)

    @property
    def optional(self) -> tuple[Argument, ...]:
        return tuple(argument for argument in self.arguments if not argument.required)


class Service(Message):
    """One service: botocore's name, AWS's full name, and the prefix of its IAM actions ("" where it has none)."""

    name: str
    title: str
    prefix: str
