"""IAM policies: AWS managed ones by what people call them, trust policies, and findings in words."""
