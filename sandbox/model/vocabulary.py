"""The words the planner knows: what each means, common phrases, and plain English that is never a name."""

from __future__ import annotations


def word_set(text: str) -> frozenset[str]:
    """The words of a text as a set."""
    return frozenset(text.split())


_WORDS: dict[str, str] = {
    # nouns of AWS
    "bucket": "bucket buckets",
    "s3": "s3",
    "storage": "storage",
    "object": "object objects file files key keys item items blob blobs document documents",
    "ec2": "ec2 instance instances vm vms server servers box boxes machine machines vps host hosts",
    "function": "lambda lambdas function functions serverless faas fn",
    "role": "role roles",
    "policy": "policy policies permission permissions privilege privileges entitlement entitlements",
    "access": "access rights",
    "account": "account accounts",
    "cost": "cost costs costing spend spends spending spent bill bills billing billed pay paid paying charge "
    "charges charged money expense expenses expensive invoice invoices price pricey dollars owe budget "
    "expenditure burn burning spendings costly",
    "identity": "whoami identity caller",
    "other": "dynamodb rds vpc vpcs sqs sns cloudfront route53 eks ecs kms cloudwatch alarm alarms subnet "
    "subnets volume volumes snapshot snapshots ami amis users user groups secret secrets table "
    "tables queue queues topic topics stack stacks cluster clusters database databases domain domains "
    "certificate certificates cloudformation cloudtrail athena glue kinesis redshift elasticache "
    "sagemaker bedrock ebs efs ecr repositories nat gateway gateways parameter parameters ssm "
    "loadbalancer balancer balancers elb alb eip acm stepfunctions eventbridge trail trails vpn",
    # what is asked about them
    "summary": "summary summaries summarize summarise summarizing summarising overview report recap "
    "rundown digest snapshot_of inventory roundup synopsis breakdown dashboard",
    "usage": "usage use using used utilisation utilization consume consuming consumption footprint",
    "size": "size sizes sized big bigger large larger heavy huge space bytes byte gb gib mb mib tb tib kb kib "
    "megabytes gigabytes terabytes gigs gig meg megs capacity volume_of weigh weighs small smaller occupy "
    "occupies occupying occupied stored store stores storing data bulky fat",
    "largest": "rank ranks ranked ranking largest biggest heaviest fattest hugest fullest",
    "smallest": "smallest tiniest lightest littlest",
    "newest": "newest latest youngest recent",
    "oldest": "oldest earliest",
    "empty": "empty",
    "total": "total totals altogether overall sum combined aggregate whole together entire totalling",
    "each": "each every per individual individually respective respectively",
    "count": "count number counts amount_of quantity",
    "list": "list show display enumerate names catalogue ls print see view",
    "describe": "describe detail details info information inspect about properties attributes",
    "explain": "explain explains explanation interpret clarify elaborate meaning mean means understand decode "
    "translate walk analyse analyze review",
    "validate": "validate validates valid validation lint syntax wellformed",
    "optimize": "optimize optimise tighten narrow narrower restrict minimise minimize harden improve simplify",
    "trust": "assume assumes assumed assuming trust trusts trusted trusting",
    "attached": "attached assigned granted has",
    "when": "when created creation date age old",
    "where": "where region regions located location",
    # commands
    "create": "create creating make making provision provisioning build establish generate setup spawn "
    "deploy bootstrap launch craft mk",
    "delete": "delete deleting remove removing destroy drop erase wipe trash purge terminate nuke scrap "
    "decommission discard kill",
    "undo": "undo revert rollback unmake",
    "attach": "attach attaching assign grant give allow let bind associate add hook link equip connect",
    "detach": "detach detaching unassign revoke strip unattach disassociate unlink withdraw",
    "modify": "rename update modify change enable disable encrypt decrypt copy upload download move "
    "configure resize stop start restart reboot invoke run_it send schedule migrate sync transfer install "
    "rotate publish increase decrease restore tag untag",
    # small words with a meaning
    "not": "not never no none without neither nor cannot",
    "it": "it its that this one",
    "them": "them they their those these ones",
    "done": "deleted removed destroyed gone made",
}

CONCEPT_OF: dict[str, str] = {word: concept for concept, words in _WORDS.items() for word in words.split()}

_PHRASES: dict[str, str] = {
    "create": "set up|spin up|stand up|bring up|put up|set me up|fire up|open up|need a|need an|want a|want an|"
    "want to have a|like to have a|want to have an|like to have an|love a|love an|love to have a|"
    "like a|like an|need one|want one|need some new|need two|want two|like two|need another|want another|"
    "like another|need new|want new|come up with|whip up|put together|give me a new|get me a new|"
    "get me a|get me an|give me a|give me an|give us a|give us an|can i have a|can i have an|could i have a|"
    "could i have an|may i have a|provide a|provide an|provide me with a|provide us with a|"
    "can i get a|can i get an|could i get a|could i get an|can we get a|can we have a|"
    "could we have a|could we get a|i could use a|we could use a|"
    "roll out|stand me up|knock up|cut me a|cut me an|rustle up|knock together|set me up with a|set me up with an",
    "delete": "get rid of|tear down|clean up|take down|throw away|throw out|dispose of|blow away|do away with",
    "undo": "roll back|roll that back|roll it back|roll this back|take back|take it back|take that back|put it back|"
    "put everything back|back out|reverse that|reverse it|reverse the",
    "attach": "hook up|hook it up|put on|wire up|wire it up|wire it|wire them",
    "detach": "take away|take off",
    "account": "aws account",
    "count": "how many|number of|no of|amount of objects|count of|tally of|total number of",
    "howmuch": "how much",
    "size": "how big|how large|how heavy|take up|takes up|taking up|take|takes|how full|add up|adds up|amount to",
    "total": "in total|in all|all in all|put together all|all together|sum of|add up|adds up"
    "add up to|all buckets together|amount to|amounts to|grand total",
    "each": "one by one|bucket by bucket|by bucket|broken down|break down|of each|for each|per bucket",
    "ec2": "virtual machine|virtual machines|virtual server|virtual servers|compute instance|compute instances|"
    "cloud server|cloud servers|compute capacity|compute resources|virtual box|virtual boxes",
    "s3": "simple storage service|object storage|object store",
    "function": "lambda function|lambda functions|serverless function|serverless functions|cloud functions|"
    "cloud function|serverless code|serverless workloads|serverless apps",
    "identity": "who am i|who i am|am i logged in|am i signed in|logged in as|signed in as|which account|"
    "what account|account id|account number|account am i|whose account|which user|what user|my identity|"
    "what identity|which identity|caller identity|which credentials|what credentials|whose credentials|"
    "authenticated as|running as|acting as|account are we|which aws account|what aws account|account do i|"
    "account is this|my arn|account identifier|who is logged in|whose keys|which principal|what principal",
    "cost": "how much did i pay|how much money|what do i owe",
    "summary": "big picture|state of my account|state of the account|state of my aws|sum up|run down|"
    "sum it up|give me the gist|at a glance|bird's eye view|what is in my account|what is in the account|"
    "what do i have in aws|what do i have in my account|what is going on in|what am i using|health of my|"
    "everything i have|everything i use|all my resources|what resources do i have|what resources|"
    "what do i have running|what is in use|tour of my|status of my account|status of my aws|lay of the land|"
    "using aws for|what do we have in aws|what am i running in aws|"
    "what i have running|what i have in aws|what i use in aws|wrap up of|run me through my",
    "describe": "tell me about|tell me more about|tell me everything about|look at|look up|look into|what is "
    "the story with|more about|details of|details on|details about|info on|information on|what about role",
    "trust": "take on|act as|step into|allowed to assume|who can use|who may use|who is allowed to use|who may become",
    "explain": "what does this|walk me through|break down this|make sense of|in plain english|in plain words|"
    "in simple terms|plain language|what would this|what will this|what is allowed by|what does the following|"
    "look over",
    "optimize": "least privilege|narrow down|cut down|make stricter|less permissive|lock down",
    "modify": "turn on|turn off|shut down|start up|make public|make private",
    "polite": "thank you|thanks a lot|many thanks|thanks|thx|cheers",
    "greet": "hello|hi|hey|good morning|good evening|good afternoon",
    "help": "what can you do|what are you able to do|what can i ask|how can you help|help|what do you do|"
    "who are you|what are you|your capabilities|what are your capabilities",
    "none": "make sure|give me|give us|let me|let us|let's|show me|get me|how come|at all|"
    "a number of|such as|used to|in use by|as well|as well as|"
    "set of|type of|kind of|want a list|need a list|want a report|key point|out of|put it",
    "read": "read only|read access|read from|list and read|view only|only read",
    "each_month": "per month|each month|month by month|monthly|by month|every month",
    "each_service": "per service|each service|by service|top services|every service|which services|"
    "what services|service by service",
}

PHRASES: dict[tuple[str, ...], str] = {
    tuple(phrase.split()): concept
    for concept, phrases in _PHRASES.items()
    for phrase in phrases.split("|")
    if concept != "none"
}
# Phrases whose words must lose the meaning they have alone ("give me" grants nothing).
IDLE_PHRASES: frozenset[tuple[str, ...]] = frozenset(tuple(phrase.split()) for phrase in _PHRASES["none"].split("|"))
LONGEST_PHRASE = max(len(words) for words in (*PHRASES, *IDLE_PHRASES))

# Plain English next to a noun ("the whole bucket", "bucket please"): never the name of a resource.
COMMON: frozenset[str] = word_set(
    """
a about above across actual actually after again against all almost already also always am amazon among an and
another any anybody anyone anything anywhere apart are around as ask at available aws away back bad be because
become been before begin beginning behind being believe below besides best better between both bring but buy by
called calling came can case certain check cheap cheapest choose clear close cloud code com come comes compare
compared complete completely compute contain contained containing contains contents content could currently
current currency daily day days default did different do does doing done down during eight either else end
enough estimate etc even ever everything everyone exactly exact example except exist existing exists extra
far fast few find fine first five for forget found four free from full fully further gather get gets getting
go goes going good got great had half hand happen happens happy hard has have having he hello help her here hi
high his hold holding holds hour hours how however i idea if important in include included including inside
instead into is it just keep kept kind know known last later latest least leave left less let life like likely
line linked little live living load local log login long longer look looking looks lot lots low lying made mainly
make many mark matter may maybe me mean method might mind minute minutes mine moment month months more
most mostly much must my myself name named need needed needs new next nice nine normal nothing now of off
often oh ok okay on once only open or order other others otherwise our ours out outside over own owned owner
owners part particular past people perhaps place plain plan play please plus point possible present pretty
previous probably problem produce project provide public put quarter question quick quickly quite rather ready
real really reason regarding regards related remain remaining rest result results return right roughly
run running runs said same say says second seconds section seem self separate service services set seven several
shall she should shown side simple simply since single sit sits sitting situated six some somebody someone
something somewhere soon sort specific specifically standing start started starts stay still stop stopped
straight stuff such suppose supposed sure take taken tell ten than thank thanks that the their them then there
therefore these they thing things think third this those though three through throughout time times title to
today together told tomorrow tonight too took top toward towards try twice two type types under understand unit
until up upon us useful usually various very via wait want wanted wants was way we week weekly weeks well were
what whatever whats when where whether which while who whole whom whose why will wish with within without word
work working works world would write wrong yeah year years yearly yes yesterday yet you your yours yourself
execution basic inline managed handler runtime python node nodejs java ruby dotnet trusted trust assume
assumed assumable admin_access prefix folder directory path zip package uploaded upload based using uses
terminated pending stopping shutting idle alive active inactive offline online actively existent unused untagged
permit permits permitted allow allowed allows able ability read reading readonly write writing full limited
standard minimal sample test_only temporary temp_one private personal respective corresponding relevant hello
lets letting allowing permitting enabling enables makes gives giving grants granting carries carrying owning lives
backed backing plugged powering powered driven necessary required missing itself suitable appropriate matching proper
serving needing assuming belonging operating ops-wise fully-fledged
january february march april june july august september october november december calendar spendiest sandbox
global regional tied bound belonging belongs via shared fewest wide tagged tags tag arn arns id ids policy-wise
whatsoever presently nowadays lately overall please kindly quickly promptly asap exactly precisely roughly
approximately approx average mean median old older young younger accessible reachable visible versioned
versioning encryption encrypted logging lifecycle replication website hosting execute executes executing
"""
)
# Hyphenated English that is no name.
HYPHENATED: frozenset[str] = word_set("""
read-only full-access read-write write-only view-only month-to-date year-to-date on-demand
up-to-date least-privilege real-time high-level low-level pre-existing so-called cross-account
multi-region follow-up plain-english non-running per-bucket set-up spin-up tear-down clean-up
roll-back break-down lambda-function s3-bucket run-down add-up re-create long-running short-lived
step-by-step one-off full-blown up-front built-in machine-readable human-readable all-time
bucket-by-bucket side-by-side month-by-month top-level good-bye sub-folder check-up round-up wrap-up
write-up in-use world-readable s3-read-only s3-full-access ec2-instances ec2-instance iam-role
iam-roles lambda-functions
""")
