"""Types of which deleting one can lose data that nothing makes again.

cfn-lint's own list (its rule I3011), and those that it leaves out. A type that only points at data, or that can be made
again from its properties, is none.
"""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.resources import files

_ALSO = """
APS::Workspace AmazonMQ::Broker AppIntegrations::DataIntegration Cassandra::Keyspace Cassandra::Table
CloudTrail::EventDataStore CodeArtifact::Domain CodeArtifact::Repository CodeCommit::Repository Connect::Instance
CustomerProfiles::Domain DSQL::Cluster DocDBElastic::Cluster EC2::Instance EC2::SpotFleet ECR::PublicRepository
ECR::Repository EKS::Cluster ElastiCache::ServerlessCache Events::Archive FSx::Volume FSx::Snapshot
Glue::Database Glue::Table HealthImaging::Datastore HealthLake::FHIRDatastore IoTAnalytics::Datastore
IoTSiteWise::Portal Kendra::Index KinesisVideo::Stream Lightsail::Bucket Lightsail::Database Lightsail::Disk
Lightsail::Instance Logs::LogStream MSK::Cluster MSK::ServerlessCluster MediaStore::Container MemoryDB::Cluster
NeptuneGraph::Graph Omics::ReferenceStore Omics::SequenceStore OpenSearchServerless::Collection Personalize::Dataset
QBusiness::Index RDS::DBShardGroup RedshiftServerless::Namespace S3::Bucket S3Express::DirectoryBucket
S3Outposts::Bucket S3Tables::Namespace S3Tables::Table S3Tables::TableBucket S3Vectors::Index
S3Vectors::VectorBucket SSM::Parameter SageMaker::Domain SageMaker::FeatureGroup SageMaker::NotebookInstance
SecurityLake::DataLake Timestream::Database Timestream::InfluxDBInstance Timestream::Table Transfer::User
WorkSpaces::Workspace
"""


def holds_data(name: str) -> bool:
    return name in _names()


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    text = (files("cfnlint") / "data/AdditionalSpecs/StatefulResources.json").read_text(encoding="utf-8")
    return frozenset({*json.loads(text)["ResourceTypes"], *(f"AWS::{name}" for name in _ALSO.split())})
