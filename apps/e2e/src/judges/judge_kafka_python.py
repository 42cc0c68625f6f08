"""kafka-python judges a cluster: each call of the tests is a method of Judge."""
import threading
import time

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource
from kafka.structs import OffsetAndMetadata
from wire import answer, read_call, refuse, send_arguments, taken


class Member(threading.Thread):
    def __init__(self, servers, group, topic):
        super().__init__(daemon=True)
        self.seen = []
        self.error = None
        self.leaving = threading.Event()
        self.consumer = KafkaConsumer(
            topic,
            bootstrap_servers=servers,
            group_id=group,
            auto_offset_reset="earliest",
            auto_commit_interval_ms=50,
            heartbeat_interval_ms=100,
            session_timeout_ms=6000,
            fetch_max_wait_ms=50,
        )
        self.start()

    def run(self):
        try:
            while not self.leaving.is_set():
                # kafka-python 3.0.12 loses an assignment that comes just when a poll is over, and never fetches: so polls are long.
                for records in self.consumer.poll(timeout_ms=1000).values():
                    self.seen.extend(taken(record) for record in records)
            self.consumer.close()
        except Exception as error:
            self.error = error

    def leave(self):
        self.leaving.set()
        self.join()
        if self.error:
            raise self.error


class Judge:
    def __init__(self, servers):
        self.servers = servers
        self.admin = KafkaAdminClient(bootstrap_servers=servers)
        self.producers = {}
        self.members = []

    def create_topic(self, topic, partitions, replication_factor, configs):
        self.admin.create_topics(
            {topic: {"num_partitions": partitions, "replication_factor": replication_factor, "configs": configs}}
        )

    def delete_topic(self, topic):
        self.admin.delete_topics([topic])

    def topics(self):
        return self.admin.list_topics()

    def partitions(self, topic):
        return [
            {"partition": p["partition_index"], "leader": p["leader_id"], "replicas": p["replica_nodes"], "isr": p["isr_nodes"]}
            for p in self.admin.describe_topics([topic])[0]["partitions"]
        ]

    def create_partitions(self, topic, count):
        self.admin.create_partitions({topic: count})

    def configs(self, topic):
        described = self.admin.describe_configs([ConfigResource("TOPIC", topic)], config_filter="all")
        return {name: config["value"] for name, config in described["topic"][topic].items()}

    def alter_configs(self, topic, configs):
        altered = self.admin.alter_configs([ConfigResource("TOPIC", topic, configs)])
        if altered["topic"][topic] not in (None, "OK"):
            raise RuntimeError(str(altered))

    def delete_records(self, topic, partition, before):
        self.admin.delete_records({TopicPartition(topic, partition): before})

    def groups(self):
        return [group["group_id"] for group in self.admin.list_groups()]

    def group(self, group):
        described = self.admin.describe_groups([group])[group]
        members = []
        for member in described["members"]:
            assigned = member["member_assignment"]["assigned_partitions"]
            members.append(sorted(f"{a['topic']}-{p}" for a in assigned for p in a["partitions"]))
        return {"state": described["group_state"], "members": members}

    def delete_group(self, group):
        deleted = self.admin.delete_groups([group])
        if deleted[group] != "OK":
            raise RuntimeError(str(deleted))

    def offsets(self, group):
        return [
            {"topic": tp.topic, "partition": tp.partition, "offset": committed.offset}
            for tp, committed in self.admin.list_group_offsets(group)[group].items()
        ]

    def commit(self, group, topic, partition, offset):
        consumer = KafkaConsumer(bootstrap_servers=self.servers, group_id=group, enable_auto_commit=False)
        consumer.assign([TopicPartition(topic, partition)])
        consumer.commit({TopicPartition(topic, partition): OffsetAndMetadata(offset, "set back", -1)})
        consumer.close()

    def producer(self, compression, transactional_id=None):
        key = (compression, transactional_id)
        if key not in self.producers:
            producer = KafkaProducer(
                bootstrap_servers=self.servers,
                compression_type=None if compression == "none" else compression,
                transactional_id=transactional_id,
                linger_ms=5,
            )
            if transactional_id:
                producer.init_transactions()
            self.producers[key] = producer
        return self.producers[key]

    def send(self, topic, records, compression):
        producer = self.producer(compression)
        for future in [producer.send(topic, **send_arguments(record)) for record in records]:
            future.get(20)

    def transaction(self, topic, records, transactional_id, end, offsets):
        producer = self.producer("none", transactional_id)
        producer.begin_transaction()
        # An abort drops what has not been sent yet.
        for future in [producer.send(topic, **send_arguments(record)) for record in records]:
            future.get(20)
        for group, rows in offsets.items():
            producer.send_offsets_to_transaction(
                {TopicPartition(row["topic"], row["partition"]): OffsetAndMetadata(row["offset"], "", -1) for row in rows}, group
            )
        if end == "commit":
            producer.commit_transaction()
        else:
            producer.abort_transaction()

    def read(self, topic, count, isolation_level):
        consumer = KafkaConsumer(
            bootstrap_servers=self.servers,
            group_id=None,
            auto_offset_reset="earliest",
            isolation_level=isolation_level,
            fetch_max_wait_ms=50,
        )
        consumer.assign([TopicPartition(topic, 0)])
        seen = []
        deadline = time.monotonic() + 10
        while len(seen) < count and time.monotonic() < deadline:
            for records in consumer.poll(timeout_ms=50).values():
                seen.extend(taken(record) for record in records)
        consumer.close()
        return seen

    def join(self, group, topic):
        self.members.append(Member(self.servers, group, topic))
        return len(self.members) - 1

    def seen(self, member):
        return self.members[member].seen

    def leave(self, member):
        self.members[member].leave()

    def close(self):
        for producer in self.producers.values():
            producer.close()
        self.admin.close()


judges = {}
while (call := read_call()) is not None:
    name, arguments = call
    try:
        servers = arguments.pop("servers")
        if servers not in judges:
            judges[servers] = Judge(servers)
        answer(getattr(judges[servers], name)(**arguments))
        if name == "close":
            del judges[servers]
    except Exception as error:
        refuse(error)
