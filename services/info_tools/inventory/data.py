"""What the usage summary counts of databases, tables, caches and file systems."""

from __future__ import annotations

from services.info_tools.inventory.declaration import Attention, Listing

LISTINGS = (
    Listing(
        "rds",
        "database instances",
        "describe_db_instances",
        "DBInstances",
        action="rds:DescribeDBInstances",
        name="DBInstanceIdentifier",
        state="DBInstanceStatus",
        figures={"storage_gib": "AllocatedStorage"},
        attention=(
            Attention("publicly accessible", "PubliclyAccessible"),
            Attention("not encrypted", "StorageEncrypted == `false`"),
        ),
    ),
    Listing(
        "rds",
        "database clusters",
        "describe_db_clusters",
        "DBClusters",
        action="rds:DescribeDBClusters",
        name="DBClusterIdentifier",
        state="Status",
        attention=(Attention("not encrypted", "StorageEncrypted == `false`"),),
    ),
    Listing("dynamodb", "tables", "list_tables", "TableNames", action="dynamodb:ListTables"),
    Listing(
        "elasticache",
        "cache clusters",
        "describe_cache_clusters",
        "CacheClusters",
        action="elasticache:DescribeCacheClusters",
        name="CacheClusterId",
        state="CacheClusterStatus",
        figures={"nodes": "NumCacheNodes"},
    ),
    Listing(
        "redshift",
        "clusters",
        "describe_clusters",
        "Clusters",
        action="redshift:DescribeClusters",
        name="ClusterIdentifier",
        state="ClusterStatus",
        figures={"nodes": "NumberOfNodes"},
        attention=(
            Attention("publicly accessible", "PubliclyAccessible"),
            Attention("not encrypted", "Encrypted == `false`"),
        ),
    ),
    Listing(
        "opensearch", "domains", "list_domain_names", "DomainNames", action="es:ListDomainNames", name="DomainName"
    ),
    Listing(
        "efs",
        "file systems",
        "describe_file_systems",
        "FileSystems",
        action="elasticfilesystem:DescribeFileSystems",
        name="FileSystemId",
        state="LifeCycleState",
        figures={"size_bytes": "SizeInBytes.Value"},
        attention=(
            Attention("without mount targets", "NumberOfMountTargets == `0`"),
            Attention("not encrypted", "Encrypted == `false`"),
        ),
    ),
)
