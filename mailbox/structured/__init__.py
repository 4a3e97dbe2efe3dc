"""A document of health that leaves: what a person chose -> CDA R2 level 1, METADATA.XML, IHE_XDM.zip, names (client §3).

Pure. Refuses to invent what the reference does not give: no templateId of a CI-SIS volume, no classCode (ASS_X04), no
contentTypeCode, healthcareFacilityTypeCode nor practiceSettingCode, no formatCode of a structured body (ASS_A11).
"""
