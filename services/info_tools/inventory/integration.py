"""What the usage summary counts of queues, topics, streams, EventBridge rules and Step Functions' state machines."""

from __future__ import annotations

from services.info_tools.inventory.declaration import Attention, Listing

LISTINGS = (
    Listing("sqs", "queues", "list_queues", "QueueUrls", action="sqs:ListQueues"),
    Listing("sns", "topics", "list_topics", "Topics", action="sns:ListTopics", name="TopicArn"),
    Listing("kinesis", "streams", "list_streams", "StreamNames", action="kinesis:ListStreams"),
    Listing(
        "events",
        "rules of the default event bus",
        "list_rules",
        "Rules",
        action="events:ListRules",
        name="Name",
        state="State",
        attention=(Attention("disabled", "State == 'DISABLED'"),),
    ),
    Listing(
        "stepfunctions",
        "state machines",
        "list_state_machines",
        "stateMachines",
        action="states:ListStateMachines",
        name="name",
    ),
)
