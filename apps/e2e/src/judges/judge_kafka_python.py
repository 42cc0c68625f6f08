"""kafka-python judges a cluster."""
import threading

from judging import MEMBER, Judge, serve
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource
from kafka.structs import OffsetAndMetadata
from wire import taken


class Member(threading.Thread):
    def __init__(self, consumer):
        super().__init__(daemon=True)
        self.consumer = consumer
        self.seen = []
        self.error = None
        self.leaving = threading.Event()
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


class KafkaPythonJudge(Judge):
    partition_of = TopicPartition

    def offset_of(self, offset, metadata):
        return OffsetAndMetadata(offset, metadata, -1)

    def start(self):
        self.admin = KafkaAdminClient(bootstrap_servers=self.servers)

    def open_consumer(self, *topics, **options):
        return KafkaConsumer(*topics, bootstrap_servers=self.servers, **options)

    def open_producer(self, **options):
        producer = KafkaProducer(bootstrap_servers=self.servers, **options)
        if options["transactional_id"]:
            producer.init_transactions()
        return producer

    def open_member(self, topic, group):
        return Member(self.open_consumer(topic, group_id=group, **MEMBER))

    def poll(self, consumer):
        return consumer.poll(timeout_ms=50)

    def delivered(self, future):
        future.get(20)

    def stop(self, client):
        client.close()

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


serve(KafkaPythonJudge)
