"""Service-linked roles, identity providers and server certificates, as IAM answers them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from rolelab.aws.clients import Clients
from tests.localaws.iam_lab import refused


@pytest.mark.parametrize(
    ("service", "name", "policy"),
    [
        ("rds", "RDS", "AmazonRDSServiceRolePolicy"),
        ("elasticbeanstalk", "ElasticBeanstalk", "AWSElasticBeanstalkServiceRolePolicy"),
        ("replication.ecr", "ECRReplication", "ECRReplicationServiceRolePolicy"),
    ],
)
def test_a_service_linked_role_is_the_services_own(
    root: Clients, account: str, service: str, name: str, policy: str
) -> None:
    """Its name, its policy, no words of ours; it is there once, and nobody else changes it."""
    service, name = f"{service}.amazonaws.com", f"AWSServiceRoleFor{name}"
    make = root.iam.create_service_linked_role
    assert make(AWSServiceName=service)["Role"]["RoleName"] == name
    role = root.iam.get_role(RoleName=name)["Role"]
    assert role["Arn"] == f"arn:aws:iam::{account}:role/aws-service-role/{service}/{name}"
    assert "Description" not in role
    arn = f"arn:aws:iam::aws:policy/aws-service-role/{policy}"
    attached = root.iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    assert attached == [{"PolicyName": policy, "PolicyArn": arn}]
    assert refused(lambda: make(AWSServiceName=service)) == (
        "InvalidInput",
        f"Service role name {name} has been taken in this account, please try a different suffix.",
    )
    assert refused(lambda: make(AWSServiceName=service, CustomSuffix="x")) == (
        "InvalidInput",
        f"Custom suffix is not allowed for {service}",
    )
    task = root.iam.delete_service_linked_role(RoleName=name)["DeletionTaskId"]
    assert task.startswith(f"task/aws-service-role/{service}/{name}/")
    status = root.iam.get_service_linked_role_deletion_status(DeletionTaskId=task)
    assert status["Status"] == "SUCCEEDED"
    assert root.iam.list_roles()["Roles"] == []


@pytest.mark.parametrize("service", ["nonsense.amazonaws.com", "rds", "RDS.amazonaws.com"])
def test_a_service_without_such_a_role_is_refused(root: Clients, service: str) -> None:
    """No role is made under a name of our own."""
    assert refused(lambda: root.iam.create_service_linked_role(AWSServiceName=service)) == (
        "AccessDenied",
        f"Cannot find Service Linked Role template for {service}",
    )
    assert root.iam.list_roles()["Roles"] == []


def test_a_service_that_takes_a_suffix_has_a_role_for_each(root: Clients) -> None:
    """Auto Scaling: one role for each key of an encrypted volume, say."""
    made = root.iam.create_service_linked_role(
        AWSServiceName="autoscaling.amazonaws.com", CustomSuffix="team", Description="d"
    )["Role"]
    assert made["RoleName"] == "AWSServiceRoleForAutoScaling_team"
    assert root.iam.get_role(RoleName=made["RoleName"])["Role"].get("Description") == "d"
    root.iam.create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com")
    names = [role["RoleName"] for role in root.iam.list_roles()["Roles"]]
    assert names == ["AWSServiceRoleForAutoScaling", "AWSServiceRoleForAutoScaling_team"]


def test_an_open_id_connect_provider(root: Clients, account: str) -> None:
    """Its URL is told without scheme; its thumbprints, clients and tags can be changed."""
    make = root.iam.create_open_id_connect_provider
    arn = make(Url="https://token.example.com/a", ClientIDList=["c"])["OpenIDConnectProviderArn"]
    assert arn == f"arn:aws:iam::{account}:oidc-provider/token.example.com/a"
    assert refused(lambda: make(Url="https://token.example.com/a")) == (
        "EntityAlreadyExists",
        "Provider with url https://token.example.com/a already exists.",
    )
    assert refused(lambda: make(Url="token.example.com")) == (
        "ValidationError",
        "Invalid Open ID Connect Provider URL",
    )
    for change in (
        lambda: make(Url="https://b.example.com", ThumbprintList=["a" * 40] * 6),
        lambda: root.iam.update_open_id_connect_provider_thumbprint(
            OpenIDConnectProviderArn=arn, ThumbprintList=["a" * 40] * 6
        ),
    ):
        assert refused(change) == (
            "InvalidInput",
            "Thumbprint list must contain fewer than 5 entries.",
        )
    clients = [str(number) for number in range(101)]
    assert refused(lambda: make(Url="https://b.example.com", ClientIDList=clients)) == (
        "LimitExceeded",
        "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100",
    )
    root.iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="d")
    root.iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="d")
    root.iam.remove_client_id_from_open_id_connect_provider(
        OpenIDConnectProviderArn=arn, ClientID="c"
    )
    root.iam.update_open_id_connect_provider_thumbprint(
        OpenIDConnectProviderArn=arn, ThumbprintList=["b" * 40] * 5
    )
    root.iam.tag_open_id_connect_provider(
        OpenIDConnectProviderArn=arn, Tags=[{"Key": "a", "Value": "b"}]
    )
    read = root.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert (read["Url"], read["ClientIDList"], len(read["ThumbprintList"])) == (
        "token.example.com/a",
        ["d"],
        5,
    )
    assert read.get("Tags") == [{"Key": "a", "Value": "b"}]
    delete = root.iam.delete_open_id_connect_provider
    delete(OpenIDConnectProviderArn=arn)
    assert refused(lambda: delete(OpenIDConnectProviderArn=arn)) == (
        "NoSuchEntity",
        f"OpenId connect Provider {arn} cannot be found.",
    )
    assert refused(lambda: root.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)) == (
        "NoSuchEntity",
        f"OpenIDConnect Provider not found for arn {arn}",
    )


def test_a_saml_provider(root: Clients) -> None:
    """What GetSAMLProvider tells, and what is changed by an update."""
    first, second = "<a>" + "x" * 1000, "<b>" + "y" * 1000
    arn = root.iam.create_saml_provider(Name="idp", SAMLMetadataDocument=first)["SAMLProviderArn"]
    read = root.iam.get_saml_provider(SAMLProviderArn=arn)
    assert (read["SAMLMetadataDocument"], read.get("Tags"), read.get("PrivateKeyList")) == (
        first,
        [],
        [],
    )
    assert read.get("AssertionEncryptionMode") == "Allowed"
    root.iam.update_saml_provider(
        SAMLProviderArn=arn, SAMLMetadataDocument=second, AddPrivateKey="-----BEGIN x"
    )
    read = root.iam.get_saml_provider(SAMLProviderArn=arn)
    assert read["SAMLMetadataDocument"] == second
    (key,) = read.get("PrivateKeyList", [])
    root.iam.update_saml_provider(SAMLProviderArn=arn, RemovePrivateKey=key.get("KeyId", ""))
    assert root.iam.get_saml_provider(SAMLProviderArn=arn).get("PrivateKeyList") == []
    root.iam.delete_saml_provider(SAMLProviderArn=arn)
    for call in (root.iam.get_saml_provider, root.iam.delete_saml_provider):
        assert refused(lambda call=call: call(SAMLProviderArn=arn)) == (
            "NoSuchEntity",
            f"Manifest not found for arn {arn}",
        )


def _certificate() -> tuple[str, str]:
    """Return a certificate that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "lab.example.com")])
    start = datetime(2026, 1, 1, tzinfo=timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=365))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return made.public_bytes(serialization.Encoding.PEM).decode(), private.decode()


def test_a_server_certificate(root: Clients, account: str) -> None:
    """It is read, and told without its key; another key's certificate is refused."""
    body, key = _certificate()
    upload = root.iam.upload_server_certificate
    made = upload(ServerCertificateName="c", Path="/lab/", CertificateBody=body, PrivateKey=key)[
        "ServerCertificateMetadata"
    ]
    assert made["Arn"] == f"arn:aws:iam::{account}:server-certificate/lab/c"
    assert made.get("Expiration") == datetime(2027, 1, 1, tzinfo=timezone.utc)
    read = root.iam.get_server_certificate(ServerCertificateName="c")["ServerCertificate"]
    assert (read["CertificateBody"], read.get("Tags")) == (body.strip(), [])
    assert "CertificateChain" not in read
    assert refused(
        lambda: upload(ServerCertificateName="C", CertificateBody=body, PrivateKey=key)
    ) == ("EntityAlreadyExists", "The Server Certificate with name C already exists.")
    assert (
        refused(
            lambda: upload(
                ServerCertificateName="d", CertificateBody=body, PrivateKey=_certificate()[1]
            )
        )[0]
        == "KeyPairMismatch"
    )
    assert (
        refused(lambda: upload(ServerCertificateName="d", CertificateBody="x", PrivateKey=key))[0]
        == "MalformedCertificate"
    )
    root.iam.update_server_certificate(ServerCertificateName="c", NewServerCertificateName="d")
    (listed,) = root.iam.list_server_certificates(PathPrefix="/lab/")[
        "ServerCertificateMetadataList"
    ]
    assert listed["ServerCertificateName"] == "d"
    root.iam.delete_server_certificate(ServerCertificateName="d")
    for call in (root.iam.get_server_certificate, root.iam.delete_server_certificate):
        assert refused(lambda call=call: call(ServerCertificateName="d")) == (
            "NoSuchEntity",
            "The Server Certificate with name d cannot be found.",
        )
