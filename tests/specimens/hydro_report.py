"""A document of a family without a mapping, and its schema as somebody might publish it."""

from tests.specimens import NORTH

REPORT_NAMESPACE = "urn:test:hydro:reportdocument:1:3"
REPORT_SCHEMA = f"""<?xml version="1.0" encoding="UTF-8"?>
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:cl="urn:entsoe.eu:wgedi:codelists"
  xmlns="{REPORT_NAMESPACE}" targetNamespace="{REPORT_NAMESPACE}" elementFormDefault="qualified">
  <xs:import namespace="urn:entsoe.eu:wgedi:codelists" schemaLocation="codelists.xsd"/>
  <xs:element name="HydroReport_MarketDocument" type="HydroReport_MarketDocument"/>
  <xs:simpleType name="Id">
    <xs:restriction base="xs:string"><xs:maxLength value="60"/></xs:restriction>
  </xs:simpleType>
  <xs:simpleType name="Code">
    <xs:restriction base="xs:string"><xs:maxLength value="16"/></xs:restriction>
  </xs:simpleType>
  <xs:simpleType name="Kind"><xs:restriction base="cl:MessageTypeList"/></xs:simpleType>
  <xs:complexType name="Party">
    <xs:simpleContent>
      <xs:extension base="Code">
        <xs:attribute name="codingScheme" type="cl:CodingSchemeTypeList" use="required"/>
      </xs:extension>
    </xs:simpleContent>
  </xs:complexType>
  <xs:complexType name="HydroReport_MarketDocument">
    <xs:sequence>
      <xs:element name="mRID" type="Id" minOccurs="0"/>
      <xs:element name="type" type="Kind"/>
      <xs:element name="createdDateTime" type="xs:dateTime"/>
      <xs:element name="sender_MarketParticipant.mRID" type="Party" minOccurs="0"/>
      <xs:element name="level" type="xs:decimal" maxOccurs="unbounded"/>
    </xs:sequence>
  </xs:complexType>
</xs:schema>
"""
REPORT = f"""<?xml version="1.0" encoding="UTF-8"?>
<HydroReport_MarketDocument xmlns="{REPORT_NAMESPACE}">
  <mRID>TEST-HYDRO-1</mRID>
  <type>A72</type>
  <createdDateTime>2026-02-28T10:15:30Z</createdDateTime>
  <sender_MarketParticipant.mRID codingScheme="A01">{NORTH}</sender_MarketParticipant.mRID>
  <level>881.25</level>
</HydroReport_MarketDocument>
""".encode()
