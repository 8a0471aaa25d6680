"""The words the model knows: what each means, common phrases, and plain English that is never a name.

What tools and resources are called stands in the files of the tools.
"""

from sandbox.model.tools import CREATED, READ_TOOLS, RESOURCES


def word_set(text: str) -> frozenset[str]:
    """The words of a text as a set."""
    return frozenset(text.split())


def phrase_set(text: str) -> frozenset[str]:
    """The words and phrases of a text, which are separated by commas, as a set."""
    return frozenset(phrase.strip() for phrase in text.split(","))


_SPOKEN: dict[str, str] = {
    # nouns
    "access": "access, rights",
    "other": "dynamodb, rds, vpc, vpcs, sqs, sns, cloudfront, route53, eks, ecs, kms, cloudwatch, alarm, alarms, "
    "subnet, subnets, volume, volumes, snapshot, snapshots, ami, amis, users, user, groups, secret, secrets, "
    "table, tables, queue, queues, topic, topics, stack, stacks, cluster, clusters, database, databases, domain, "
    "domains, certificate, certificates, cloudformation, cloudtrail, athena, glue, kinesis, redshift, "
    "access key, access keys, api key, api keys, "
    "elasticache, sagemaker, bedrock, ebs, efs, ecr, repositories, nat, gateway, gateways, parameter, parameters, "
    "ssm, loadbalancer, balancer, balancers, elb, alb, eip, acm, stepfunctions, eventbridge, trail, trails, vpn",
    # what is asked about them
    "usage": "usage, use, using, used, utilisation, utilization, consume, consuming, consumption, footprint",
    "size": "size, sizes, sized, big, bigger, large, larger, heavy, huge, space, bytes, byte, gb, gib, mb, mib, tb, "
    "tib, kb, kib, megabytes, gigabytes, terabytes, gigs, gig, meg, megs, capacity, volume_of, weigh, weighs, "
    "small, smaller, occupy, occupies, occupying, occupied, stored, store, stores, storing, data, bulky, fat, how "
    "big, how large, how heavy, take up, takes up, taking up, take, takes, how full, add up, adds up, amount to",
    "howmuch": "how much",
    "largest": "rank, ranks, ranked, ranking, largest, biggest, heaviest, fattest, hugest, fullest",
    "smallest": "smallest, tiniest, lightest, littlest",
    "newest": "newest, latest, youngest, recent",
    "oldest": "oldest, earliest",
    "empty": "empty, no objects, no files, no object, nothing in, nothing inside, zero objects, zero files",
    "total": "total, totals, altogether, overall, sum, combined, aggregate, whole, together, entire, totalling, in "
    "total, in all, all in all, put together all, all together, sum of, add up, add up to, all buckets "
    "together, amount to, amounts to, grand total",
    "each": "each, every, per, individual, individually, respective, respectively, one by one, bucket by bucket, by "
    "bucket, broken down, break down, of each, for each, per bucket",
    "count": "count, number, counts, amount_of, quantity, how many, number of, no of, amount of objects, count of, "
    "tally of, total number of",
    "list": "list, show, display, enumerate, names, catalogue, ls, print, see, view",
    "describe": "describe, detail, details, info, information, inspect, about, properties, attributes, tell me "
    "about, tell me more about, tell me everything about, look at, look up, look into, what is the story with, "
    "more about, details of, details on, details about, info on, information on, what about role",
    "attached": "attached, assigned, granted, has",
    "when": "when, created, creation, date, age, old",
    "where": "where, region, regions, located, location",
    "read": "read only, read access, read from, list and read, view only, only read",
    # commands
    "create": "create, creating, make, making, provision, provisioning, build, establish, generate, setup, spawn, "
    "deploy, bootstrap, launch, craft, mk, set up, spin up, stand up, bring up, put up, set me up, fire up, open "
    "up, need a, need an, want a, want an, want to have a, like to have a, want to have an, like to have an, love "
    "a, love an, love to have a, like a, like an, need one, want one, need some new, need two, want two, like "
    "two, need another, want another, like another, need new, want new, come up with, whip up, put together, give "
    "me a new, get me a new, get me a, get me an, give me a, give me an, give us a, give us an, can i have a, can "
    "i have an, could i have a, could i have an, may i have a, provide a, provide an, provide me with a, provide "
    "us with a, can i get a, can i get an, could i get a, could i get an, can we get a, can we have a, could we "
    "have a, could we get a, i could use a, we could use a, roll out, stand me up, knock up, cut me a, cut me an, "
    "rustle up, knock together, set me up with a, set me up with an",
    "delete": "delete, deleting, remove, removing, destroy, drop, erase, wipe, trash, purge, terminate, nuke, scrap, "
    "decommission, discard, kill, get rid of, tear down, clean up, take down, throw away, throw out, dispose of, "
    "blow away, do away with",
    "undo": "undo, revert, rollback, unmake, roll back, roll that back, roll it back, roll this back, take back, "
    "take it back, take that back, put it back, put everything back, back out, reverse that, reverse it, reverse "
    "the",
    "attach": "attach, attaching, assign, grant, give, allow, let, bind, associate, add, hook, link, equip, connect, "
    "hook up, hook it up, put on, wire up, wire it up, wire it, wire them",
    "detach": "detach, detaching, unassign, revoke, strip, unattach, disassociate, unlink, withdraw, take away, take "
    "off",
    "modify": "rename, update, modify, change, enable, disable, encrypt, decrypt, copy, upload, download, move, "
    "configure, resize, stop, start, restart, reboot, invoke, run_it, send, schedule, migrate, sync, transfer, "
    "install, rotate, publish, increase, decrease, restore, tag, untag, turn on, turn off, shut down, start up, "
    "make public, make private",
    # small words with a meaning
    "not": "not, never, no, none, without, neither, nor, cannot",
    "it": "it, its, that, this, one",
    "them": "them, they, their, those, these, ones",
    "done": "deleted, removed, destroyed, gone, made",
    "polite": "thank you, thanks a lot, many thanks, thanks, thx, cheers",
    "greet": "hello, hi, hey, good morning, good evening, good afternoon",
    "help": "what can you do, what are you able to do, what can i ask, how can you help, help, what do you do, who "
    "are you, what are you, your capabilities, what are your capabilities",
}
# Phrases whose words must lose the meaning they have alone ("give me" grants nothing).
_IDLE = (
    "make sure, give me, give us, let me, let us, let's, show me, get me, how come, at all, a number of, such as, "
    "used to, in use by, as well, as well as, set of, type of, kind of, want a list, need a list, want a report, "
    "key point, out of, put it"
)


def _phrases(text: str) -> list[tuple[str, ...]]:
    """Words and phrases that are separated by commas, each as its words."""
    return [tuple(phrase.split()) for phrase in text.split(",")]


def _meanings() -> dict[tuple[str, ...], str]:
    """The concept of every word and phrase; what a tool's file says of one comes before what is said here."""
    declared = [{each.kind: each.words for each in RESOURCES.values()}, *(tool.words for tool in READ_TOOLS.values())]
    found: dict[tuple[str, ...], str] = {}
    for table in (*declared, _SPOKEN, *declared):
        found |= {phrase: concept for concept, text in table.items() for phrase in _phrases(text)}
    return found


_MEANINGS = _meanings()
CONCEPT_OF: dict[str, str] = {words[0]: concept for words, concept in _MEANINGS.items() if len(words) == 1}
PHRASES = {words: concept for words, concept in _MEANINGS.items() if len(words) > 1}
IDLE_PHRASES = frozenset(_phrases(_IDLE))
LONGEST_PHRASE = max(len(words) for words in (*PHRASES, *IDLE_PHRASES))
# What a question can be about: the topics of tools, the kinds of resources, and what nothing here can tell of.
TOPICS = frozenset({"other", *RESOURCES, *(topic for tool in READ_TOOLS.values() for topic in tool.topics)})
# The nouns of what can be made, for patterns.
NOUNS = sorted({noun.strip() for kind in CREATED for noun in RESOURCES[kind].words.split(",")}, reverse=True)

# Plain English next to a noun ("the whole bucket", "bucket please"): never the name of a resource.
COMMON: frozenset[str] = word_set("""
a ability able above accessible across active actively actual actually admin_access after again against alive all
allowed allowing allows almost already also always am amazon among an and another any anybody anyone anything anywhere
apart appropriate approx approximately april are arn arns around as asap ask assumable at august available average
away aws back backed backing bad based basic be because become been before begin beginning behind being believe
belonging belongs below besides best better between both bound bring but buy by calendar called calling came can
carries carrying case certain changed changes cheap cheapest check choose clear close cloud code com come comes
compare compared
complete completely compute contain contained containing contains content contents corresponding could currency
current currently daily day days december default did different directory do does doing done dotnet down driven during
eight either else enables enabling encrypted encryption end enough estimate etc even ever everyone everything exact
exactly example except execute executes executing execution exist existent existing exists extra far fast february few
fewest find fine first five folder for forget found four free from full fully fully-fledged further gather get gets
getting gives giving global go goes going good got granting grants great had half hand handler happen happens happy
hard have having he her here high his hold holding holds hosting hour hours how however i id idea idle ids if
important in inactive include included including inline inside instead into is it itself january java july june just
keep kept kind kindly know known last lately later least leave left less let lets letting life lifecycle like likely
limited line linked little live lives living load local log logging login long longer look looking looks lot lots low
lying mainly make makes managed many march mark matching matter may maybe me median method might mind mine minimal
minute minutes missing moment month months more most mostly much must my myself name named necessary need needed
needing needs new next nice nine node nodejs normal nothing november now nowadays october of off offline often oh ok
okay older on once online only open operating ops-wise or order other others otherwise our ours out outside over own
owned owner owners owning package part particular past path pending people perhaps permit permits permitted permitting
personal place plain plan play please plugged plus point policy-wise possible powered powering precisely prefix
present presently pretty previous private probably problem produce project promptly proper provide public put python
quarter question quick quickly quite rather reachable read reading readonly ready real really reason regarding regards
regional related relevant remain remaining replication required rest result results return right roughly ruby run
running runs runtime said same sample sandbox say says second seconds section seem self separate september service
services serving set seven several shall shared she should shown shutting side simple simply since single sit sits
sitting situated six some somebody someone something somewhere soon sort specific specifically spendiest standard
standing start started starts stay still stop stopped stopping straight stuff such suitable suppose supposed sure tag
tagged tags taken tell temp_one temporary ten terminated test_only than thank the then there therefore thing things
think third though three through throughout tied time times title to today told tomorrow tonight too took top toward
towards try twice two type types under unit untagged until unused up upload uploaded upon us useful uses usually
various versioned versioning very via visible wait want wanted wants was way we website week weekly weeks well were
what whatever whats whatsoever whether which while who whom whose why wide will wish with within word work working
works world would write writing wrong yeah year yearly years yes yesterday yet you young younger your yours yourself
zip
""")
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
