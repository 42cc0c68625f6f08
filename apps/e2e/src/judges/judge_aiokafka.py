"""aiokafka judges a cluster: each call of the tests is a method of Judge."""
import asyncio
import time

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment
from aiokafka.errors import for_code
from aiokafka.structs import OffsetAndMetadata
from wire import answer, read_call, refuse, send_arguments, taken


def check(code):
    if code:
        raise for_code(code)()


class Member:
    def __init__(self, consumer):
        self.consumer = consumer
        self.seen = []
        self.task = asyncio.create_task(self.run())

    async def run(self):
        async for record in self.consumer:
            self.seen.append(taken(record))

    async def leave(self):
        # Stopping the consumer ends the loop.
        await self.consumer.stop()
        await self.task


class Judge:
    @classmethod
    async def open(cls, servers):
        self = cls()
        self.servers = servers
        self.admin = AIOKafkaAdminClient(bootstrap_servers=servers)
        await self.admin.start()
        self.producers = {}
        self.members = []
        return self

    async def create_topic(self, topic, partitions, replication_factor, configs):
        created = await self.admin.create_topics([NewTopic(topic, partitions, replication_factor, topic_configs=configs)])
        check(created.topic_errors[0][1])

    async def delete_topic(self, topic):
        deleted = await self.admin.delete_topics([topic])
        check(deleted.topic_error_codes[0][1])

    async def topics(self):
        return await self.admin.list_topics()

    async def partitions(self, topic):
        described = (await self.admin.describe_topics([topic]))[0]
        return [
            {"partition": p["partition"], "leader": p["leader"], "replicas": p["replicas"], "isr": p["isr"]}
            for p in described["partitions"]
        ]

    async def create_partitions(self, topic, count):
        await self.admin.create_partitions({topic: NewPartitions(count)})

    async def configs(self, topic):
        described = await self.admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
        code, _, _, _, entries = described[0].resources[0]
        check(code)
        return {entry[0]: entry[1] for entry in entries}

    async def alter_configs(self, topic, configs):
        altered = await self.admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, configs)])
        check(altered[0].resources[0][0])

    async def delete_records(self, topic, partition, before):
        await self.admin.delete_records({TopicPartition(topic, partition): RecordsToDelete(before)})

    async def groups(self):
        return [group[0] for group in await self.admin.list_consumer_groups()]

    async def group(self, group):
        described = (await self.admin.describe_consumer_groups([group]))[0].to_object()["groups"][0]
        check(described["error_code"])
        members = []
        for member in described["members"]:
            assignment = ConsumerProtocolMemberAssignment.decode(member["member_assignment"]).assignment
            members.append(sorted(f"{topic}-{p}" for topic, partitions in assignment for p in partitions))
        return {"state": described["state"], "members": members}

    async def offsets(self, group):
        committed = await self.admin.list_consumer_group_offsets(group)
        return [{"topic": tp.topic, "partition": tp.partition, "offset": at.offset} for tp, at in committed.items()]

    async def commit(self, group, topic, partition, offset):
        consumer = AIOKafkaConsumer(bootstrap_servers=self.servers, group_id=group, enable_auto_commit=False)
        await consumer.start()
        consumer.assign([TopicPartition(topic, partition)])
        await consumer.commit({TopicPartition(topic, partition): OffsetAndMetadata(offset, "set back")})
        await consumer.stop()

    async def producer(self, compression, transactional_id=None):
        key = (compression, transactional_id)
        if key not in self.producers:
            self.producers[key] = AIOKafkaProducer(
                bootstrap_servers=self.servers,
                compression_type=None if compression == "none" else compression,
                transactional_id=transactional_id,
                enable_idempotence=True,
                linger_ms=5,
            )
            await self.producers[key].start()
        return self.producers[key]

    async def send(self, topic, records, compression):
        producer = await self.producer(compression)
        for future in [await producer.send(topic, **send_arguments(record)) for record in records]:
            await future

    async def transaction(self, topic, records, transactional_id, end, offsets):
        producer = await self.producer("none", transactional_id)
        await producer.begin_transaction()
        for future in [await producer.send(topic, **send_arguments(record)) for record in records]:
            await future
        for group, rows in offsets.items():
            await producer.send_offsets_to_transaction(
                {TopicPartition(row["topic"], row["partition"]): OffsetAndMetadata(row["offset"], "") for row in rows}, group
            )
        if end == "commit":
            await producer.commit_transaction()
        else:
            await producer.abort_transaction()

    async def read(self, topic, count, isolation_level):
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.servers, auto_offset_reset="earliest", isolation_level=isolation_level, fetch_max_wait_ms=50
        )
        await consumer.start()
        consumer.assign([TopicPartition(topic, 0)])
        seen = []
        deadline = time.monotonic() + 10
        while len(seen) < count and time.monotonic() < deadline:
            for records in (await consumer.getmany(timeout_ms=50)).values():
                seen.extend(taken(record) for record in records)
        await consumer.stop()
        return seen

    async def join(self, group, topic):
        consumer = AIOKafkaConsumer(
            topic,
            bootstrap_servers=self.servers,
            group_id=group,
            auto_offset_reset="earliest",
            auto_commit_interval_ms=50,
            heartbeat_interval_ms=100,
            session_timeout_ms=6000,
            fetch_max_wait_ms=50,
        )
        await consumer.start()
        self.members.append(Member(consumer))
        return len(self.members) - 1

    async def seen(self, member):
        return self.members[member].seen

    async def leave(self, member):
        await self.members[member].leave()

    async def close(self):
        for producer in self.producers.values():
            await producer.stop()
        await self.admin.close()


async def main():
    judges = {}
    while (call := await asyncio.to_thread(read_call)) is not None:
        name, arguments = call
        try:
            servers = arguments.pop("servers")
            if servers not in judges:
                judges[servers] = await Judge.open(servers)
            answer(await getattr(judges[servers], name)(**arguments))
            if name == "close":
                del judges[servers]
        except Exception as error:
            refuse(error)


asyncio.run(main())
