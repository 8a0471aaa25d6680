"""Makes `shared/resource_types/types.db` from the schemas in cfn-lint."""
