"""The sandbox's AWS: moto's server behind a front door that authenticates and enforces IAM like AWS."""
