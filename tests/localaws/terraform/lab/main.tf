# The lab's own resources, as the AWS provider makes them.
terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

provider "aws" {
  skip_metadata_api_check = true
  s3_use_path_style       = true
}

data "aws_caller_identity" "me" {}

locals {
  tags = { Lab = "assume-role-lab", Stack = "dev", Purpose = "training" }
}

resource "aws_iam_user" "learner" {
  name          = "testuser"
  force_destroy = true
  tags          = local.tags
}

resource "aws_iam_access_key" "learner" {
  user = aws_iam_user.learner.name
}

resource "aws_iam_role" "lab" {
  name                 = "s3Access"
  max_session_duration = 3600
  tags                 = local.tags
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.me.account_id}:root" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy_attachment" "s3" {
  role       = aws_iam_role.lab.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
}

resource "aws_iam_user_policy" "grant" {
  name = "assume-s3Access"
  user = aws_iam_user.learner.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Resource = aws_iam_role.lab.arn }]
  })
}
