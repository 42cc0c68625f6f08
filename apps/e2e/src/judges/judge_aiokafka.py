"""aiokafka judges a cluster."""
import asyncio

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment
from aiokafka.errors import for_code
from aiokafka.structs import OffsetAndMetadata
from judging import MEMBER, Judge, serve
from wire import taken


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


class AiokafkaJudge(Judge):
    partition_of = TopicPartition
    offset_of = OffsetAndMetadata

    async def start(self):
        self.admin = AIOKafkaAdminClient(bootstrap_servers=self.servers)
        await self.admin.start()

    async def open_consumer(self, *topics, **options):
        consumer = AIOKafkaConsumer(*topics, bootstrap_servers=self.servers, **options)
        await consumer.start()
        return consumer

    async def open_producer(self, **options):
        producer = AIOKafkaProducer(bootstrap_servers=self.servers, enable_idempotence=True, **options)
        await producer.start()
        return producer

    async def open_member(self, topic, group):
        return Member(await self.open_consumer(topic, group_id=group, **MEMBER))

    def poll(self, consumer):
        return consumer.getmany(timeout_ms=50)

    def delivered(self, future):
        return future

    def stop(self, client):
        return client.stop()

    async def create_topic(self, topic, partitions, replication_factor, configs):
        created = await self.admin.create_topics([NewTopic(topic, partitions, replication_factor, topic_configs=configs)])
        check(created.topic_errors[0][1])

    async def delete_topic(self, topic):
        deleted = await self.admin.delete_topics([topic])
        check(deleted.topic_error_codes[0][1])

    def topics(self):
        return self.admin.list_topics()

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


serve(AiokafkaJudge)
