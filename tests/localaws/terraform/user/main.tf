# A user with everything that a user can have, a role with path, boundary and instance profile, a bucket with policy.
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

resource "aws_iam_policy" "boundary" {
  name        = "boundary"
  path        = "/lab/"
  description = "At most S3 & STS <so it is said>"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["sts:*", "s3:*"], Resource = "*" }]
  })
  tags = { Lab = "assume-role-lab" }
}

resource "aws_iam_user" "anna" {
  name                 = "anna"
  path                 = "/class/2026/"
  permissions_boundary = aws_iam_policy.boundary.arn
  force_destroy        = true
  tags                 = { Team = "blue" }
}

resource "aws_iam_access_key" "first" {
  user = aws_iam_user.anna.name
}

resource "aws_iam_access_key" "second" {
  user   = aws_iam_user.anna.name
  status = "Inactive"
}

resource "aws_iam_user_login_profile" "anna" {
  user            = aws_iam_user.anna.name
  password_length = 20
}

resource "aws_iam_virtual_mfa_device" "anna" {
  virtual_mfa_device_name = "anna"
  tags                    = { Lab = "assume-role-lab" }
}

resource "aws_iam_user_ssh_key" "anna" {
  username   = aws_iam_user.anna.name
  encoding   = "SSH"
  public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl anna"
}

resource "aws_iam_service_specific_credential" "anna" {
  user_name    = aws_iam_user.anna.name
  service_name = "codecommit.amazonaws.com"
}

resource "aws_iam_group" "learners" {
  name = "learners"
  path = "/class/"
}

resource "aws_iam_group_policy" "learners" {
  name  = "list"
  group = aws_iam_group.learners.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:ListAllMyBuckets", Resource = "*" }]
  })
}

resource "aws_iam_user_group_membership" "anna" {
  user   = aws_iam_user.anna.name
  groups = [aws_iam_group.learners.name]
}

resource "aws_iam_user_policy_attachment" "anna" {
  user       = aws_iam_user.anna.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
}

resource "aws_iam_role" "lab" {
  name                  = "lab"
  path                  = "/lab/"
  description           = "Quotes \"and\" & <signs>"
  permissions_boundary  = aws_iam_policy.boundary.arn
  max_session_duration  = 43200
  force_detach_policies = true
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = aws_iam_user.anna.arn, Service = "ec2.amazonaws.com" }
      Action    = ["sts:AssumeRole", "sts:TagSession"]
    }]
  })
}

resource "aws_iam_role_policy" "lab" {
  name = "read"
  role = aws_iam_role.lab.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::${aws_s3_bucket.lab.bucket}/*" }]
  })
}

resource "aws_iam_instance_profile" "lab" {
  name = "lab"
  role = aws_iam_role.lab.name
}

resource "aws_iam_account_password_policy" "strict" {
  minimum_password_length        = 14
  require_symbols                = true
  require_numbers                = true
  allow_users_to_change_password = true
}

resource "aws_s3_bucket" "lab" {
  bucket        = "lab-${data.aws_caller_identity.me.account_id}"
  force_destroy = true
}

resource "aws_s3_bucket_policy" "lab" {
  bucket = aws_s3_bucket.lab.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = aws_iam_role.lab.arn }
      Action    = "s3:GetObject"
      Resource  = "${aws_s3_bucket.lab.arn}/*"
    }]
  })
}
