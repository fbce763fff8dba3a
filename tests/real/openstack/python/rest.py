"""The least REST client that seed.py and check.py need; Debian's Python and nothing else."""
import json
import os
import urllib.error
import urllib.request

IDENTITY = 'http://127.0.0.1:5000/v3'
IMAGE = 'http://127.0.0.1:9292'
PLACEMENT = 'http://127.0.0.1:8778'
COMPUTE = 'http://127.0.0.1:8774/v2.1'
NETWORK = 'http://127.0.0.1:9696'
PASSWORD = os.environ.get('LAB_PASSWORD', 'lab')


class Refused(Exception):
    def __init__(self, method, url, status, text):
        super().__init__('%s %s: %s %s' % (method, url, status, text))
        self.status = status


class Session:
    """One user in one project."""

    def __init__(self, user, project):
        self._token = None
        domain = {'id': 'default'}
        identity = {'methods': ['password'], 'password': {'user': {'name': user, 'domain': domain, 'password': PASSWORD}}}
        scope = {'project': {'name': project, 'domain': domain}}
        headers, body = self._exchange('POST', IDENTITY + '/auth/tokens', {'auth': {'identity': identity, 'scope': scope}})
        self._token = headers['X-Subject-Token']
        self.project = body['token']['project']['id']

    def get(self, url):
        return self._exchange('GET', url)[1]

    def post(self, url, body):
        return self._exchange('POST', url, body)[1]

    def put(self, url, body=None):
        return self._exchange('PUT', url, body)[1]

    def upload(self, url, content):
        return self._exchange('PUT', url, content=content, kind='application/octet-stream')[1]

    def delete(self, url):
        return self._exchange('DELETE', url)[1]

    def _exchange(self, method, url, body=None, content=None, kind='application/json'):
        headers = {'Accept': 'application/json', 'OpenStack-API-Version': 'compute 2.61'}
        if self._token:
            headers['X-Auth-Token'] = self._token
        if body is not None:
            content = json.dumps(body).encode()
        if content is not None:
            headers['Content-Type'] = kind
        request = urllib.request.Request(url, data=content, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                text = answer.read()
                return answer.headers, json.loads(text) if text[:1] in (b'{', b'[') else None
        except urllib.error.HTTPError as e:
            raise Refused(method, url, e.code, e.read().decode(errors='replace')) from None
