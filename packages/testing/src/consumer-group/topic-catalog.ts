/** What groups need to know of a topic. */
export interface CatalogTopic {
  readonly name: string
  readonly topicId: string
  readonly partitions: { readonly length: number }
}

/** The topics of the cluster, as groups see them. */
export interface TopicCatalog {
  readonly topics: readonly CatalogTopic[]
  topic(name: string): CatalogTopic | undefined
  topicById(topicId: string): CatalogTopic | undefined
}
