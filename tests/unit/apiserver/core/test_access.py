"""Who may do what: anonymous, roles, aggregation, impersonation, tokens, reviews, ledger."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from lab.apiserver.core.identity import Credentials
from lab.apiserver.core.request import Request

MAPS = "/api/v1/namespaces/default/configmaps"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
AUTHORIZATION = "/apis/authorization.k8s.io/v1"
TOKENS = "/api/v1/namespaces/default/serviceaccounts/default/token"
BOT = "system:serviceaccount:default:default"


async def bind(kube, role, subject, namespace="default"):
    """Bind a ClusterRole to a subject in a namespace."""
    body = {"metadata": {"name": f"{role}-{subject['name']}"}, "subjects": [subject]}
    body["roleRef"] = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role}
    reply = await kube.post(f"{RBAC}/namespaces/{namespace}/rolebindings", body)
    assert reply.code == 201


def user(name):
    """A subject that is a user."""
    return {"kind": "User", "name": name, "apiGroup": "rbac.authorization.k8s.io"}


def test_forbidden_text(with_kube):
    """A refusal names user, verb, resource, group and place, as Kubernetes does."""

    async def scenario(kube):
        jane = kube.as_("jane")
        refused = await jane.get(MAPS)
        assert refused.code == 403
        assert refused.body["message"] == (
            'configmaps is forbidden: User "jane" cannot list resource "configmaps" in API group "" in the namespace '
            '"default"'
        )
        named = await jane.get("/apis/apps/v1/namespaces/default/deployments/d")
        assert named.body["message"] == (
            'deployments.apps "d" is forbidden: User "jane" cannot get resource "deployments" in API group "apps" in '
            'the namespace "default"'
        )
        assert "at the cluster scope" in (await jane.get("/api/v1/nodes")).body["message"]
        path = await jane.get("/metrics")
        assert path.body["message"] == 'forbidden: User "jane" cannot get path "/metrics"'

    with_kube(scenario)


def test_view_and_edit(with_kube):
    """The role view reads configmaps but no secrets; edit writes both, in the bound namespace only."""

    async def scenario(kube):
        await bind(kube, "view", user("reader"))
        await bind(kube, "edit", user("writer"))
        reader, writer = kube.as_("reader"), kube.as_("writer")
        secrets = MAPS.replace("configmaps", "secrets")
        assert [(await reader.get(path)).code for path in (MAPS, secrets)] == [200, 403]
        assert (await reader.post(MAPS, {"metadata": {"name": "a"}})).code == 403
        assert [(await writer.get(path)).code for path in (MAPS, secrets)] == [200, 200]
        assert (await writer.post(MAPS, {"metadata": {"name": "a"}})).code == 201
        assert (await writer.get(MAPS.replace("default", "kube-system"))).code == 403

    with_kube(scenario)


def test_revoked_at_once(with_kube):
    """A right ends with its binding."""

    async def scenario(kube):
        await bind(kube, "view", user("reader"))
        assert (await kube.as_("reader").get(MAPS)).code == 200
        await kube.delete(f"{RBAC}/namespaces/default/rolebindings/view-reader")
        assert (await kube.as_("reader").get(MAPS)).code == 403

    with_kube(scenario)


def test_resource_names_and_subresources(with_kube):
    """A rule may be for one name, and for a subresource but not its parent."""

    async def scenario(kube):
        rules = [
            {"apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["a"], "verbs": ["get", "list"]},
            {"apiGroups": [""], "resources": ["serviceaccounts/token"], "verbs": ["create"]},
        ]
        await kube.post(f"{RBAC}/clusterroles", {"metadata": {"name": "narrow"}, "rules": rules})
        await bind(kube, "narrow", user("jane"))
        await kube.post(MAPS, {"metadata": {"name": "a"}})
        jane = kube.as_("jane")
        assert [(await jane.get(path)).code for path in (f"{MAPS}/a", f"{MAPS}/b", MAPS)] == [200, 403, 403]
        assert (await jane.get(MAPS, fieldSelector="metadata.name=a")).code == 200
        assert (await jane.post(TOKENS, {})).code == 201
        assert (await jane.get(TOKENS.removesuffix("/token"))).code == 403

    with_kube(scenario)


def test_aggregation(with_kube):
    """A ClusterRole with the label of view adds its rules to view, edit and admin."""

    async def scenario(kube):
        await bind(kube, "admin", user("boss"))
        path = "/apis/example.org/v1/namespaces/default/gadgets"
        assert (await kube.as_("boss").get(path)).code == 403
        labels = {"rbac.authorization.k8s.io/aggregate-to-view": "true"}
        rules = [{"apiGroups": ["example.org"], "resources": ["gadgets"], "verbs": ["list"]}]
        await kube.post(f"{RBAC}/clusterroles", {"metadata": {"name": "g", "labels": labels}, "rules": rules})
        await kube.api.clock.sleep(1)
        assert (await kube.as_("boss").get(path)).code == 404

    with_kube(scenario)


def test_no_escalation(with_kube):
    """Nobody grants rights that they lack, unless they may escalate or bind."""

    async def scenario(kube):
        await bind(kube, "admin", user("boss"))
        boss = kube.as_("boss")
        own = [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]}]
        more = [{"apiGroups": [""], "resources": ["nodes"], "verbs": ["get"]}]
        roles = f"{RBAC}/namespaces/default/roles"
        assert (await boss.post(roles, {"metadata": {"name": "own"}, "rules": own})).code == 201
        refused = await boss.post(roles, {"metadata": {"name": "more"}, "rules": more})
        assert (refused.code, "attempting to grant RBAC permissions" in refused.body["message"]) == (403, True)

    with_kube(scenario)


def test_anonymous_and_bad_tokens(with_kube):
    """No credentials are the anonymous user: health and version, else 403. A bad token is 401."""

    async def scenario(kube):
        async def ask(path, **headers):
            return await kube.api.handle("mgmt", Credentials(), Request("GET", path, (), headers))

        assert [(await ask(p)).status for p in ("/version", "/livez", "/api", MAPS)] == [200, 200, 403, 403]
        assert (await ask("/version", authorization="Bearer nonsense")).status == 401

    with_kube(scenario)


def test_service_account_token(with_kube):
    """A token works as its account, on its cluster only, until its time is over or the account is deleted."""

    async def scenario(kube):
        kube.api.fleet.create("edge")
        await bind(kube, "view", {"kind": "ServiceAccount", "name": "default", "namespace": "default"})
        assert (await kube.post(TOKENS, {"spec": {"expirationSeconds": 1}})).code == 422
        reply = (await kube.post(TOKENS, {"spec": {"expirationSeconds": 600}})).body
        headers = {"authorization": f"Bearer {reply['status']['token']}"}

        async def ask(cluster):
            return (await kube.api.handle(cluster, Credentials(), Request("GET", MAPS, (), headers))).status

        assert [await ask("mgmt"), await ask("edge")] == [200, 401]
        await kube.api.clock.sleep(601)
        assert await ask("mgmt") == 401
        headers["authorization"] = f"Bearer {(await kube.post(TOKENS, {})).body['status']['token']}"
        assert await ask("mgmt") == 200
        await kube.delete(TOKENS.removesuffix("/token"))
        assert await ask("mgmt") == 401

    with_kube(scenario)


def test_identity_of_another_cluster(with_kube):
    """An in-process identity of one cluster is nobody on another."""

    async def scenario(kube):
        kube.api.fleet.create("edge")
        identity = kube.api.fleet.identity("edge", "jane", ("system:masters",))
        refused = await kube.api.handle("mgmt", identity, Request("GET", "/version"))
        assert refused.status == 401

    with_kube(scenario)


def test_impersonation(with_kube):
    """The groups and the name that are put on decide; putting them on needs the right to."""

    async def scenario(kube):
        async def list_as(who, **headers):
            return (await who.ask("GET", MAPS, headers=headers)).code

        assert await list_as(kube, **{"Impersonate-User": "jane"}) == 403
        await bind(kube, "view", {"kind": "Group", "name": "readers"})
        assert await list_as(kube, **{"Impersonate-User": "jane", "Impersonate-Group": "readers"}) == 200
        assert await list_as(kube.as_("jane"), **{"Impersonate-User": "kubernetes-admin"}) == 403
        assert await list_as(kube, **{"Impersonate-Group": "readers"}) == 400

    with_kube(scenario)


def test_reviews(with_kube):
    """SelfSubjectAccessReview, SubjectAccessReview, rules and whoami agree with what requests get."""

    async def scenario(kube):
        await bind(kube, "view", user("reader"))
        reader = kube.as_("reader", "people")
        wanted = {"verb": "list", "resource": "configmaps", "namespace": "default"}
        own = await reader.post(f"{AUTHORIZATION}/selfsubjectaccessreviews", {"spec": {"resourceAttributes": wanted}})
        assert (own.code, own.body["status"]["allowed"]) == (201, True)
        assert own.body["status"]["reason"].startswith('RBAC: allowed by RoleBinding "view-reader/default"')
        asked = {"user": "reader", "resourceAttributes": {**wanted, "resource": "secrets"}}
        other = await kube.post(f"{AUTHORIZATION}/subjectaccessreviews", {"spec": asked})
        assert other.body["status"] == {"allowed": False}
        assert (await reader.post(f"{AUTHORIZATION}/subjectaccessreviews", {"spec": asked})).code == 403
        rules = await reader.post(f"{AUTHORIZATION}/selfsubjectrulesreviews", {"spec": {"namespace": "default"}})
        assert any("configmaps" in rule["resources"] for rule in rules.body["status"]["resourceRules"])
        who = await reader.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", {})
        assert who.body["status"]["userInfo"] == {"username": "reader", "groups": ["people", "system:authenticated"]}

    with_kube(scenario)


def test_token_review(with_kube):
    """A TokenReview tells whose a token is, and that a foreign one is nobody's."""

    async def scenario(kube):
        token = (await kube.post(TOKENS, {})).body["status"]["token"]
        path = "/apis/authentication.k8s.io/v1/tokenreviews"
        found = (await kube.post(path, {"spec": {"token": token}})).body["status"]
        assert (found["authenticated"], found["user"]["username"]) == (True, BOT)
        assert "authenticated" not in (await kube.post(path, {"spec": {"token": "x.y.z"}})).body["status"]

    with_kube(scenario)


def test_ledger(with_kube):
    """The ledger holds each kind of request once, refused ones too, with who vouched for the caller."""

    async def scenario(kube):
        for _ in range(3):
            await kube.as_("jane").get(MAPS)
        found = [entry for entry in kube.api.ledger.entries("mgmt") if entry.identity == "jane"]
        assert [(entry.issuer, entry.verb, entry.resource, entry.code) for entry in found] == [
            ("in-process", "list", "configmaps", 403)
        ]
        assert kube.api.ledger.count(found[0]) == 3

    with_kube(scenario)


def test_front_proxy(with_kube):
    """A front proxy's word about the user is taken; no other certificate's is, and none without a user."""

    async def scenario(kube):
        def der(pair):
            return x509.load_pem_x509_certificate(pair.certificate).public_bytes(serialization.Encoding.DER)

        async def ask(certificate, **headers):
            named = {key.replace("_", "-"): value for key, value in headers.items()}
            return (await kube.api.handle("mgmt", Credentials(certificate), Request("GET", MAPS, (), named))).status

        await bind(kube, "view", {"kind": "Group", "name": "readers"})
        proxy = der(kube.api.fleet.issue_front_proxy("mgmt"))
        jane = der(kube.api.fleet.issue_client("mgmt", "jane", ()))
        assert await ask(proxy, x_remote_user="joe", x_remote_group="people\nreaders") == 200
        assert await ask(proxy, x_remote_user="joe") == 403
        assert await ask(proxy) == 401
        assert await ask(jane, x_remote_user="joe", x_remote_group="readers") == 403

    with_kube(scenario)
