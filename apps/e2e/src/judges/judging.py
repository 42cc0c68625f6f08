"""What a judge in Python does the same whichever client it is made of: one of them answers at once, the other wants to be awaited."""
import asyncio
import time

from wire import answer, read_call, refuse, send_arguments, taken

# Of a member of a group: what it reads is seen, and committed, at once.
MEMBER = {
    "auto_offset_reset": "earliest",
    "auto_commit_interval_ms": 50,
    "heartbeat_interval_ms": 100,
    "session_timeout_ms": 6000,
    "fetch_max_wait_ms": 50,
}


async def settled(result):
    """The result of a call, whether it is there or has to be awaited. Futures that are not asyncio's are results themselves."""
    return await result if asyncio.iscoroutine(result) or asyncio.isfuture(result) else result


class Judge:
    """Each call of the tests is a method. A client's own judge has its admin calls, and these:

    start(): connects `self.admin`
    open_consumer(*topics, **options), open_producer(**options): connected ones, and stop(client), which closes either
    poll(consumer): records by partition, after 50 ms at the latest
    delivered(future): waits for what `send` gave
    open_member(topic, group): has `seen` and `leave()`
    partition_of(topic, number), offset_of(offset, metadata): as the client has them
    """

    def __init__(self, servers):
        self.servers = servers
        self.producers = {}
        self.members = []

    async def commit(self, group, topic, partition, offset):
        consumer = await settled(self.open_consumer(group_id=group, enable_auto_commit=False))
        at = self.partition_of(topic, partition)
        consumer.assign([at])
        await settled(consumer.commit({at: self.offset_of(offset, "set back")}))
        await settled(self.stop(consumer))

    async def producer(self, compression, transactional_id=None):
        key = (compression, transactional_id)
        if key not in self.producers:
            self.producers[key] = await settled(
                self.open_producer(
                    compression_type=None if compression == "none" else compression,
                    transactional_id=transactional_id,
                    linger_ms=5,
                )
            )
        return self.producers[key]

    async def deliver(self, producer, topic, records):
        for future in [await settled(producer.send(topic, **send_arguments(record))) for record in records]:
            await settled(self.delivered(future))

    async def send(self, topic, records, compression):
        await self.deliver(await self.producer(compression), topic, records)

    async def transaction(self, topic, records, transactional_id, end, offsets):
        producer = await self.producer("none", transactional_id)
        await settled(producer.begin_transaction())
        # An abort drops what has not been sent yet.
        await self.deliver(producer, topic, records)
        for group, rows in offsets.items():
            reached = {self.partition_of(row["topic"], row["partition"]): self.offset_of(row["offset"], "") for row in rows}
            await settled(producer.send_offsets_to_transaction(reached, group))
        await settled(producer.commit_transaction() if end == "commit" else producer.abort_transaction())

    async def read(self, topic, count, isolation_level):
        consumer = await settled(
            self.open_consumer(auto_offset_reset="earliest", isolation_level=isolation_level, fetch_max_wait_ms=50)
        )
        consumer.assign([self.partition_of(topic, 0)])
        seen = []
        deadline = time.monotonic() + 10
        while len(seen) < count and time.monotonic() < deadline:
            for records in (await settled(self.poll(consumer))).values():
                seen.extend(taken(record) for record in records)
        await settled(self.stop(consumer))
        return seen

    async def join(self, group, topic):
        self.members.append(await settled(self.open_member(topic, group)))
        return len(self.members) - 1

    def seen(self, member):
        return self.members[member].seen

    async def leave(self, member):
        await settled(self.members[member].leave())

    async def close(self):
        for producer in self.producers.values():
            await settled(self.stop(producer))
        await settled(self.admin.close())


async def answer_calls(judge_of):
    judges = {}
    while (call := await asyncio.to_thread(read_call)) is not None:
        name, arguments = call
        try:
            servers = arguments.pop("servers")
            if servers not in judges:
                judge = judge_of(servers)
                await settled(judge.start())
                judges[servers] = judge
            answer(await settled(getattr(judges[servers], name)(**arguments)))
            if name == "close":
                del judges[servers]
        except Exception as error:
            refuse(error)


def serve(judge_of):
    """Answers the calls of the tests until there are no more."""
    asyncio.run(answer_calls(judge_of))
