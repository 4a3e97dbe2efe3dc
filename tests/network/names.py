"""The DNS of the network: an MX and an address for each operator, over UDP, answered by us; a domain may fail for a while."""

import socket
import threading
from collections.abc import Mapping

import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from tests.network.place import NAMES, Place

_TTL = 1  # seconds: a failure is met, and forgotten


class Names:
    """`hosts`: the address where each domain's mail goes. `failing`: domains that are answered SERVFAIL."""

    def __init__(self, place: Place, hosts: Mapping[str, str]) -> None:
        self._hosts, self.failing, self.failed = hosts, set[str](), 0
        self._socket = place.do(socket.socket, socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((NAMES, 53))
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                asked, client = self._socket.recvfrom(4096)
                self._socket.sendto(self._answer(dns.message.from_wire(asked)).to_wire(), client)
            except OSError:
                return

    def _answer(self, query: dns.message.Message) -> dns.message.Message:
        answer = dns.message.make_response(query)
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        domain = name.removeprefix("mx.")
        if domain in self.failing:
            self.failed += 1
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif domain not in self._hosts:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif question.rdtype == dns.rdatatype.MX and name == domain:
            answer.answer.append(dns.rrset.from_text(question.name, _TTL, "IN", "MX", f"10 mx.{domain}."))
        elif question.rdtype == dns.rdatatype.A and name != domain:
            answer.answer.append(dns.rrset.from_text(question.name, _TTL, "IN", "A", self._hosts[domain]))
        return answer
