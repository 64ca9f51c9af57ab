"""The 84 faults: what is done to a desk, and what must hold. A test says which it proves by `@pytest.mark.fault("F-S1")`.

A case that no test proves says why in `ABSENT`: it cannot be injected on a plain Linux machine, or there is nothing to attack yet.
`where` says which target a case is done to: "both" is one desk with its embedded PostgreSQL, and two nodes on one PostgreSQL and one
NATS server; where only one makes sense, it says why.
Read what must hold with the checkers in mind: LOST, DUP, ORDER, PHANTOM, LEAK and CONSERVE are empty after every case.
"""

# ruff: noqa: E501 - a table

from msgspec import Struct


class Case(Struct, frozen=True):
    """One fault."""

    id: str
    title: str
    how: str
    holds: str
    where: str


_TABLE = """
# S Storage
F-S1 | killed at the n-th flush to disk | strace kills PostgreSQL's process at its n-th fdatasync, n = 1, 2, 3 … | nothing acknowledged is lost; back within 5 s | both
F-S2 | killed at a random moment, 200 times | SIGKILL to a node, its worker, a backend of PostgreSQL or NATS under load | nothing lost, doubled, out of order or leaked; work under way is done once | both: two nodes 200 times, a desk with its database 10 times, a desk alone
F-S3 | a power cut: what was not flushed is gone | the promise is PostgreSQL's own; each setting that it rests on is switched off in turn | a start on a database that confirms too early is refused, or told where the database is not ours | desk: on a server of its own the settings are the operator's, and named
F-S4 | the disk answers a flush with an I/O error | strace makes fdatasync of PostgreSQL's processes fail with EIO | PostgreSQL does not go on as if it were flushed: it recovers; unsure messages are sent again and are there once | both
F-S5 | the disk is full | the data folder on a tmpfs of a fixed size that is filled, then freed | writes are refused with 503 `db.storage_full` and Retry-After, reads go on, and it recovers without a restart | desk: a node's own disk holds only logs; the database's and the files' disks are elsewhere
F-S6 | a slow disk | strace delays every fdatasync by 300 ms | slower, no errors, the door answers at once | both
F-S7 | somebody holds the lock that every write needs | a transaction holds the log's head row for 10 s | a bounded wait, then 503 and never 500; nothing half done; nothing lost | both
F-S8 | a reader that never ends | a transaction idles while others write; WAL is watched | idle transactions are cut at a limit; WAL stays within its bound | desk: the limit is the database's
F-S9 | a damaged page | bytes of a table's file are flipped while the server is down | the checksum tells; what is damaged is never shown as if it were whole | desk: the pages are the database's, the same beneath nodes
F-S10 | a folder that is read-only, missing, or somebody else's | mount -o ro in a mount namespace; chmod, chown, rm | a sentence that says what to do, an exit code that is not 0, and no new database in its place | desk: nodes have no data folder of their own
F-S11 | two servers on one data folder | the same folder twice, with one killed between | the second is refused by name; a leftover of a kill is taken over | desk: nodes have no data folder of their own
F-S12 | the store of files fails between file and row | killed or broken at each step of an upload | no row without its file; a file without a row is reachable by nobody and is swept | in the test's process, files in a folder and in S3
F-S13 | no descriptors left | prlimit --nofile, then more connections than that | the door waits instead of turning round itself; it takes new ones as soon as some are free | desk: limits of one process, which a node is too
F-S14 | the log cannot be written | standard error on /dev/full, and on a pipe that nobody reads | the service goes on; lines that were dropped are counted | desk: limits of one process, which a node is too
# P Processes and jobs
F-P1 | killed after the effect and before its mark | a process ends between the provider's yes and the row | the second try carries the same name, so that the receiver knows it; one row says sent | in the test's process: the step before which it dies is chosen
F-P2 | a job that takes longer than its lease | a worker is stopped for twice its lease and then goes on | what the stale one writes changes nothing | in the test's process: the step before which it dies is chosen
F-P3 | a job, or a fact, that always fails | a handler that raises for one and for no other | put aside with its reason; others pass; it can be replayed | in the test's process: the step before which it dies is chosen
F-P4 | a rolling restart under load | two nodes are told to stop in turn, again and again | sockets are told to come back and do, at different moments; no request fails for good | nodes: it needs another that goes on
F-P5 | the process with the timers dies | SIGKILL; another is there | timers fire once, in the other | nodes: it needs another that goes on
F-P6 | the event loop hangs | SIGSTOP to a node; work that holds its loop | it is not ready, others serve; it goes on when it wakes and has lost nothing | nodes: it needs another that goes on
F-P7 | a limit of memory | prlimit --as on the server, requests that are as large as they may be | refusals, no death; what was acknowledged stays | desk: limits of one process, which a node is too
F-P8 | killed between a commit and its word to others | SIGKILL to the node that commits, readers on another | the readers hear it, once and in order | nodes, and two in the test's process
F-P9 | two that both think they are the only one | two runners of the same timers, jobs and subscribers on one database | each effect once | nodes, and two in the test's process
F-P10 | a hook that raises or never ends | a subscriber, a projector and a tool that raise, hang or answer nonsense | the message is stored and shown; the hook's work is bounded in time | in the test's process: the step before which it dies is chosen
# N Network and clients
F-N1 | the line is cut at any byte | a proxy cuts after byte k, k swept | no gap and no double after the return | desk: the line is a client's to one process
F-N2 | the acknowledgement is lost | a proxy drops what the server says | sent again, the same message comes back | desk: the line is a client's to one process
F-N3 | away for long | a socket comes back behind the history that is kept | all of it, or told to reload | two processes in the test's own
F-N4 | one direction is dead | packets of one direction are dropped | both ends notice within two heartbeats | desk: the line is a client's to one process
F-N5 | 2,000 sockets come back at once | the line to all of them is cut and mended | bounded queries, and nobody is left out | nodes
F-N6 | a reader who does not read | a client stops reading | closed over a bound; the others hear everything | two processes in the test's own
F-N7 | dribble, giant frames, endless fragments | a raw socket | refused with a close code; memory is flat | desk: the line is a client's to one process
F-N8 | the same over two sockets | a client sends its messages on both | each once, in the sender's order | desk: the line is a client's to one process
F-N9 | two tabs of one person | two sockets | both show the same; read marks only rise | two processes in the test's own
F-N10 | the node dies in the middle of a send | SIGKILL, and the same again at another node | one message | nodes
F-N11 | committed, and the hint is lost | the bus drops hints | found by number within seconds | two processes in the test's own
F-N12 | written between reading and listening | a write in that gap | shown once | two processes in the test's own
F-N13 | a proxy that lets no sockets through | the upgrade is refused | the same by requests | desk: the line is a client's to one process
F-N14 | names that do not resolve, certificates that ran out | a resolver and a server of the test | refused and tried again, never unchecked | in the test's process, with servers and a resolver of its own
F-N15 | rights end while a socket is open | revoked, demoted, disabled | nothing further within a second | two processes in the test's own
# T Time
F-T1 | the wall clock jumps | an hour forth and back, ten years | order stays; nothing ends or fires in a flood | in the test's process: its clock is the one that is moved
F-T2 | clocks of two nodes differ | 90 s apart | one owner for everything | nodes
F-T3 | summer time and odd zones | a table of moments | opening hours are exact | in the test's process: its clock is the one that is moved
F-T4 | working weekends and holidays | a calendar of exceptions | they count as they are | in the test's process: its clock is the one that is moved
F-T5 | everything stands still for minutes | SIGSTOP, SIGCONT | timers fire once, sockets come back | nodes
F-T6 | a provider's times make no sense | 1970, the future, none | order is ours; what is shown is bounded | in the test's process: its clock is the one that is moved
# B Bus and PostgreSQL
F-B1 | the bus is away | NATS is stopped | messages are acknowledged; readers hear within 2 s; it heals | nodes: a desk alone has no bus
F-B2 | the bus forgets everything | NATS is killed and started empty | nothing is lost | nodes: a desk alone has no bus
F-B3 | the bus says things twice and out of order | a proxy or a stub | shown once, in order | two processes in the test's own
F-B4 | PostgreSQL dies and another takes over | a standby is promoted | acknowledged is kept where the standby confirms; where it does not, the loss shows | nodes: an embedded database has no standby
F-B5 | no connection is free | a small pool and many requests | 503 soon, no dead end | in the test's process, on a real PostgreSQL: who goes first is chosen
F-B6 | deadlocks and serialisation failures | transactions that cross | tried again whole, bounded, no double effect | in the test's process, on a real PostgreSQL: who goes first is chosen
F-B7 | a migration wants a lock that is held | a table locked under load | it gives up and comes back; traffic goes on | in the test's process, and two nodes under load
F-B8 | commits become visible out of order | two transactions end the other way round | no reader of the log steps over one | in the test's process, on a real PostgreSQL: who goes first is chosen
F-B9 | a transaction that is forgotten | a connection idles inside one | cut at a limit; the pool heals | in the test's process, on a real PostgreSQL: who goes first is chosen
# C Channels, mail, webhooks
F-C1 | each delivery three times at once | every simulator | one message | in the test's process, against platforms' simulators and real mail servers
F-C2 | an album from somebody new | six messages within milliseconds | one customer, one conversation, their order | in the test's process, against platforms' simulators and real mail servers
F-C3 | dead between import and mark | kill -9, cut connections | one message | desk killed again and again; the steps between in the test's process
F-C4 | a mailbox that changes under us | another UIDVALIDITY, other readers | nothing lost, nothing doubled | in the test's process, against platforms' simulators and real mail servers
F-C5 | letters of every ugliness | a corpus of 1,000, mutated | read or put aside with a reason; the next is read at once | in the test's process, against platforms' simulators and real mail servers
F-C6 | machines that answer each other | two desks | they stop | in the test's process, against platforms' simulators and real mail servers
F-C7 | a mail server that refuses or falls silent | a server of the test | tried again under the same name, told | in the test's process, against platforms' simulators and real mail servers
F-C8 | bounces and complaints | letters of real servers | bound to the very mail; the address is not written to again | in the test's process, against platforms' simulators and real mail servers
F-C9 | too fast, or outside the window | 429, closed windows | waits as asked; told before anybody types | in the test's process, against platforms' simulators and real mail servers
F-C10 | a receiver that hangs, drips, redirects | a server of the test | the schedule of tries; by hand under the same name | in the test's process, against platforms' simulators and real mail servers
F-C11 | a token is revoked | 401 of a simulator | said to be broken, once; what waited comes after the repair | in the test's process, against platforms' simulators and real mail servers
F-C12 | a file's address has run out | 404 of a simulator | a place in the message with its reason | in the test's process, against platforms' simulators and real mail servers
# L Load
F-L1 | five times too much | a driver on the loopback | at least 80 % of the best good rate; refusals say when to come back | desk: `./dev bench overload` asks the same
F-L2 | one company makes 95 % of the load | twenty companies | the others' p95 within twice their own | desk: `./dev bench neighbours` asks the same
F-L3 | an hour of steady load | `./dev soak` | memory, descriptors and WAL are flat | desk
F-L4 | 3,000,000 messages | a seeded generator | every page within 100 ms, by indexes | -
F-L5 | one conversation that everybody watches | 50 colleagues, 10,000 messages | fan-out bounded; numbers dense | both
# U Upgrade and backup
F-U1 | the version before beside this one | two programs on one database | both serve; old pages are told to reload | nodes: two programs need one database
F-U2 | killed in the middle of a migration | at every step | the next run completes it | a program of its own, killed, on a real PostgreSQL
F-U3 | a backup while people write, and a restore | pg_basebackup under load; a bare folder; a point in time | a prefix of the commit order; nothing half | desk, restored onto a bare folder
F-U4 | restored, then the channels go on | a backup of a while ago | what was sent is not sent again | in the test's process
F-U5 | keys change under load | another key, the old one still known | old things stay readable; then the old key is refused | in the test's process with a database that is read and written, and a program of its own, killed
F-U6 | a person is erased while they write | concurrently | nothing is left | -
# X Companies apart
F-X1 | a canary in every field of a company | every route, event, export and log read by another | seen nowhere | in the test's process, through the front door
F-X2 | a connection used again after an error | raised at each step | no company's context stays on it | in the test's process, through the front door
F-X3 | keys that collide, ids used again | two companies whose things all have the same ids | nothing of another company | in the test's process, through the front door
# A The bot and language models
F-A1 | a model that hangs, breaks off or floods | a server of the test | an answer of our own in time; never two | in the test's process, with a model's server of its own
F-A2 | a person takes over while the bot writes | a race | the bot's words never follow the person's | in the test's process, with a model's server of its own
F-A3 | two bots talk | both with automatic answers | cut after a few turns | in the test's process, with a model's server of its own
F-A4 | costs without end | endless questions | a budget for each company | in the test's process, with a model's server of its own
"""

_LINES = [line.split(" | ") for line in _TABLE.strip().splitlines()]
AREAS = {line[0][2]: line[0][4:] for line in _LINES if len(line) == 1}
"""The letter of an id, and what it is about."""
CASES = {line[0]: Case(*line) for line in _LINES if len(line) > 1}
"""Every case by its id."""
ABSENT: dict[str, str] = {
    "F-L4": "three million messages take minutes to load: `./dev bench size` measures it",
    "F-U6": "nobody can be erased yet: the room of privacy is planned",
}
"""Cases that nothing here proves, with the reason."""
